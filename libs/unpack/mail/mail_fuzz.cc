// Reads any bytes as a mail under a small budget: it must end, pay for all that it gives, and name
// every part.
#include <cstdlib>

#include "libs/unpack/mail/mail_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::unpack::mail::MailReader;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  day::base::Budget budget(limits);
  day::unpack::inflate::OutputBuffer buffer;
  (void)MailReader::IsMail(file);
  MailReader mail(file);
  std::uint64_t total = 0;
  volatile unsigned sum = 0;
  while (const auto part = mail.Next(budget, buffer)) {
    total += part->content.size();
    if (part->name.empty() || part->content.size() > limits.file_bytes_max) {
      std::abort();
    }
    for (const std::byte byte : part->content) {
      sum = sum + std::to_integer<unsigned>(byte);  // every byte must be readable
    }
    if (budget.exceeded() == day::base::Limit::kBytesOut) {
      break;
    }
  }
  if (total > budget.bytes_out() || total > limits.bytes_out_max) {
    std::abort();
  }
  return 0;
}
