// Reads any bytes as a mail under a small budget: it must end, pay for all that it gives, and name
// every part. Also as the text of a mail that tells passwords, and against ClamAV's limits.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "libs/unpack/mail/mail_limits.h"
#include "libs/unpack/mail/mail_reader.h"
#include "libs/unpack/mail/password_words.h"

namespace {

// Words are few, short and different.
void LookForPasswords(std::string_view text) {
  namespace mail = day::unpack::mail;
  std::vector<std::string> words = {"known"};
  mail::AddPasswords(text, words);
  if (words.size() > mail::kCandidatesMax + 1) {
    std::abort();
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].empty() || words[i].size() > mail::kPasswordBytesMax ||
        std::find(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i), words[i]) !=
            words.begin() + static_cast<std::ptrdiff_t>(i)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::unpack::mail::MailReader;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  day::base::Budget budget(limits);
  day::unpack::inflate::OutputBuffer buffer;
  (void)MailReader::IsMail(file);
  LookForPasswords(day::base::AsText(file));
  (void)day::unpack::mail::HeaderExcess(day::base::AsText(file));
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
