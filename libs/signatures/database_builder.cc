#include "libs/signatures/database_builder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "libs/base/lines.h"
#include "libs/crypto/hash.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/signature_text.h"
#include "libs/signatures/table_format.h"

namespace day::signatures {
namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;

// Where a section's bytes go, piece by piece.
using Sink = std::function<base::Status(base::Bytes)>;

template <std::integral T>
void AppendLittle(T value, std::string& out) {
  if constexpr (std::endian::native == std::endian::big) {
    value = base::SwapBytes(value);
  }
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  out.append(bytes.data(), bytes.size());
}

void AppendVarint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

// The first bytes as a number that orders as the digests do: most comparisons end here.
std::uint64_t PrefixOf(base::Bytes digest) {
  return base::ReadAt<std::uint64_t>(digest, 0, base::Endian::kBig).value_or(0);
}

// 4-byte aligned on purpose: 12 bytes beside the digest instead of 16.
template <std::size_t kSize>
struct Row {
  std::array<std::byte, kSize> digest;
  std::uint32_t size_high;
  std::uint32_t size_low;  // once finished: the size's index
  std::uint32_t ordinal;

  // A row without a size sorts behind all others of its digest.
  std::uint64_t size() const { return std::uint64_t{size_high} << 32 | size_low; }
};
constexpr std::uint64_t kNoSize = ~std::uint64_t{0};

// The rows of one table, and its sections once Finish() has sorted them.
template <std::size_t kSize>
class Rows {
 public:
  void Add(base::Bytes digest, std::uint64_t size_bytes, std::uint32_t ordinal) {
    Row<kSize>& row = rows_.emplace_back();
    std::memcpy(row.digest.data(), digest.data(), kSize);
    row.size_high = static_cast<std::uint32_t>(size_bytes >> 32);
    row.size_low = static_cast<std::uint32_t>(size_bytes);
    row.ordinal = ordinal;
  }

  void Finish() {
    std::sort(rows_.begin(), rows_.end(), [](const Row<kSize>& a, const Row<kSize>& b) {
      const std::uint64_t prefix_a = PrefixOf(a.digest);
      const std::uint64_t prefix_b = PrefixOf(b.digest);
      if (prefix_a != prefix_b) {
        return prefix_a < prefix_b;
      }
      const int order = std::memcmp(a.digest.data(), b.digest.data(), kSize);
      if (order != 0) {
        return order < 0;
      }
      return a.size() != b.size() ? a.size() < b.size() : a.ordinal < b.ordinal;
    });
    const auto same = [](const Row<kSize>& a, const Row<kSize>& b) {
      return a.digest == b.digest && a.size() == b.size();
    };
    rows_.erase(std::unique(rows_.begin(), rows_.end(), same), rows_.end());
    for (const Row<kSize>& row : rows_) {
      if (row.size() == kNoSize) {
        has_sizeless_ = true;
      } else {
        sizes_.push_back(row.size());
      }
    }
    std::sort(sizes_.begin(), sizes_.end());
    sizes_.erase(std::unique(sizes_.begin(), sizes_.end()), sizes_.end());
    for (Row<kSize>& row : rows_) {
      row.size_low = SizeKey(row.size());
    }
    bucket_bits_ = std::min<std::uint32_t>(
        format::kBucketBitsMax,
        static_cast<std::uint32_t>(std::bit_width(rows_.size() / format::kEntriesPerBucket)));
  }

  std::uint64_t count() const { return rows_.size(); }
  bool has_sizeless() const { return has_sizeless_; }
  std::uint32_t bucket_bits() const { return bucket_bits_; }

  base::Status Emit(format::TableSection section, const Sink& sink) const {
    switch (section) {
      case format::TableSection::kBuckets:
        return EmitBuckets(sink);
      case format::TableSection::kDigests:
        return EmitRows(sink, [](const Row<kSize>& row, std::string& chunk) {
          chunk.append(reinterpret_cast<const char*>(row.digest.data()), kSize);
        });
      case format::TableSection::kRecords:
        return EmitRows(sink, [](const Row<kSize>& row, std::string& chunk) {
          AppendLittle(row.size_low, chunk);
          AppendLittle(row.ordinal, chunk);
        });
      case format::TableSection::kSizes: {
        std::string bytes;
        for (const std::uint64_t size : sizes_) {
          AppendLittle(size, bytes);
        }
        return sink(base::AsBytes(bytes));
      }
      case format::TableSection::kSizeFilter:
        break;
    }
    const std::uint64_t bits = std::bit_ceil(std::max<std::uint64_t>(
        sizes_.size() * format::kFilterBitsPerSize, format::kFilterBytesMin * 8));
    std::string filter(static_cast<std::size_t>(bits / 8), '\0');
    for (const std::uint64_t size : sizes_) {
      const std::uint64_t bit = format::FilterBit(size, bits);
      char& byte = filter[static_cast<std::size_t>(bit / 8)];
      byte = static_cast<char>(static_cast<unsigned char>(byte) | 1u << (bit % 8));
    }
    return sink(base::AsBytes(filter));
  }

 private:
  std::uint32_t SizeKey(std::uint64_t size) const {
    if (size == kNoSize) {
      return format::kSizeless;
    }
    if (size < format::kLargeSize) {
      return static_cast<std::uint32_t>(size);
    }
    const auto first_large = std::lower_bound(sizes_.begin(), sizes_.end(), format::kLargeSize);
    const auto place = std::lower_bound(first_large, sizes_.end(), size) - first_large;
    return format::kLargeSize + static_cast<std::uint32_t>(place);
  }

  base::Status EmitBuckets(const Sink& sink) const {
    std::string bytes;
    std::uint32_t entry = 0;
    const std::uint64_t buckets = std::uint64_t{1} << bucket_bits_;
    for (std::uint64_t bucket = 0; bucket <= buckets; ++bucket) {
      while (entry < rows_.size() && format::BucketOf(rows_[entry].digest, bucket_bits_) < bucket) {
        ++entry;
      }
      AppendLittle(entry, bytes);
    }
    return sink(base::AsBytes(bytes));
  }

  template <typename Append>
  base::Status EmitRows(const Sink& sink, const Append& append) const {
    std::string chunk;
    for (const Row<kSize>& row : rows_) {
      append(row, chunk);
      if (chunk.size() >= kChunkBytes) {
        DAY_TRY(sink(base::AsBytes(chunk)));
        chunk.clear();
      }
    }
    return sink(base::AsBytes(chunk));
  }

  std::vector<Row<kSize>> rows_;
  std::vector<std::uint64_t> sizes_;  // distinct, ascending
  bool has_sizeless_ = false;
  std::uint32_t bucket_bits_ = 0;
};

}  // namespace

struct DatabaseBuilder::State {
  std::array<Rows<16>, kTableCount> rows16;
  std::array<Rows<20>, kTableCount> rows20;
  std::array<Rows<32>, kTableCount> rows32;
  std::uint64_t count = 0;
  std::string name_blocks;
  std::string name_pool;
  std::string sources;
  std::string near_lines;
  std::uint64_t near_count = 0;
  std::string body;
  std::string lists;
  std::uint64_t list_count = 0;
  std::string name_before;  // in this block
  std::uint32_t line_before = 0;

  // Calls `action` with the rows of this table, whatever their digests' size.
  template <typename Action>
  auto WithRows(std::size_t table, const Action& action) {
    switch (DigestSize(static_cast<Table>(table))) {
      case 16:
        return action(rows16[table]);
      case 20:
        return action(rows20[table]);
      default:
        return action(rows32[table]);
    }
  }

  void AddName(std::string_view name, std::uint32_t line);
  void Add(const TextSignature& signature, std::uint32_t line);
  base::Status Emit(std::size_t section, const Sink& sink);
  base::Result<std::string> MakeHeader();
};

void DatabaseBuilder::State::AddName(std::string_view name, std::uint32_t line) {
  if (count % format::kNamesPerBlock == 0) {
    AppendLittle<std::uint64_t>(name_pool.size(), name_blocks);
    name_before.clear();
    line_before = 0;
  }
  const std::int64_t difference = std::int64_t{line} - std::int64_t{line_before};
  AppendVarint(
      static_cast<std::uint64_t>(difference) << 1 ^ static_cast<std::uint64_t>(difference >> 63),
      name_pool);
  const auto [end, other] =
      std::mismatch(name.begin(), name.end(), name_before.begin(), name_before.end());
  const auto shared = static_cast<std::size_t>(end - name.begin());
  AppendVarint(shared, name_pool);
  AppendVarint(name.size() - shared, name_pool);
  name_pool += name.substr(shared);
  name_before.assign(name);
  line_before = line;
}

void DatabaseBuilder::State::Add(const TextSignature& signature, std::uint32_t line) {
  AddName(signature.name, line);
  if (!signature.near_digest.empty()) {
    near_lines += std::to_string(count++) + " " + std::to_string(signature.near_limit) + " " +
                  std::string(signature.near_digest) + "\n";
    ++near_count;
    return;
  }
  const std::uint64_t size = signature.size_bytes.value_or(kNoSize);
  const base::Bytes digest = base::Bytes(signature.digest).first(DigestSize(signature.table));
  WithRows(static_cast<std::size_t>(signature.table),
           [&](auto& rows) { rows.Add(digest, size, static_cast<std::uint32_t>(count)); });
  ++count;
}

base::Status DatabaseBuilder::State::Emit(std::size_t section, const Sink& sink) {
  if (section < kTableCount * format::kTableSections) {
    const auto which = static_cast<format::TableSection>(section % format::kTableSections);
    return WithRows(section / format::kTableSections,
                    [&](const auto& rows) { return rows.Emit(which, sink); });
  }
  const auto which =
      static_cast<format::FileSection>(section - kTableCount * format::kTableSections);
  switch (which) {
    case format::FileSection::kNameBlocks:
      return sink(base::AsBytes(name_blocks));
    case format::FileSection::kNamePool:
      return sink(base::AsBytes(name_pool));
    case format::FileSection::kLists:
      return sink(base::AsBytes(lists));
    case format::FileSection::kBody:
      return sink(base::AsBytes(body));
    case format::FileSection::kSources:
      return sink(base::AsBytes(sources));
    case format::FileSection::kNear:
      break;
  }
  return sink(base::AsBytes(near_lines));
}

// Emits every section once, only to learn sizes and checksums: cheaper than holding the file twice.
base::Result<std::string> DatabaseBuilder::State::MakeHeader() {
  std::string tables;
  for (std::size_t table = 0; table < kTableCount; ++table) {
    WithRows(table, [&](const auto& rows) {
      AppendLittle<std::uint64_t>(rows.count(), tables);
      AppendLittle<std::uint32_t>(rows.bucket_bits(), tables);
      AppendLittle<std::uint32_t>(rows.has_sizeless() ? format::kFlagSizeless : 0, tables);
    });
  }
  std::string descriptors;
  crypto::Sha256Hasher hasher;
  std::uint64_t offset = format::kHeaderBytes;
  for (std::size_t section = 0; section < format::kSectionCount; ++section) {
    offset += (format::kSectionAlignment - offset % format::kSectionAlignment) %
              format::kSectionAlignment;
    std::uint64_t size = 0;
    DAY_TRY(Emit(section, [&](base::Bytes piece) {
      hasher.Update(piece);
      size += piece.size();
      return base::OkStatus();
    }));
    AppendLittle(offset, descriptors);
    AppendLittle(size, descriptors);
    descriptors += base::AsText(hasher.Finish());
    offset += size;
  }
  std::string header(format::kMagic);
  AppendLittle(format::kVersion, header);
  AppendLittle(static_cast<std::uint32_t>(format::kSectionCount), header);
  AppendLittle(offset, header);
  header += tables + descriptors;
  header += base::AsText(crypto::Sha256(base::AsBytes(header)));
  return header;
}

void FileReport::Skip(std::uint32_t line, std::string_view reason) {
  ++lines_skipped;
  if (diagnostics.size() < kDiagnosticsMax) {
    diagnostics.push_back({line, std::string(reason)});
  }
  const auto found = reasons.find(std::string(reason));
  if (found != reasons.end()) {
    ++found->second;
  } else if (reasons.size() < kReasonsMax) {
    reasons.emplace(reason, 1);
  }
}

DatabaseBuilder::DatabaseBuilder() : state_(std::make_unique<State>()) {}
DatabaseBuilder::~DatabaseBuilder() = default;
DatabaseBuilder::DatabaseBuilder(DatabaseBuilder&&) noexcept = default;
DatabaseBuilder& DatabaseBuilder::operator=(DatabaseBuilder&&) noexcept = default;

base::Result<FileReport> DatabaseBuilder::AddFile(std::string_view name, std::string_view text) {
  FileReport report;
  const TextFormat text_format = FormatOfName(name);
  AppendLittle(static_cast<std::uint32_t>(state_->count), state_->sources);
  AppendLittle(static_cast<std::uint32_t>(name.size()), state_->sources);
  state_->sources += name;
  std::uint32_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const LineResult line = ParseLine(text_format, base::TakeLine(&text), line_number);
    if (line.kind == LineKind::kBad) {
      report.Skip(line_number, line.problem);
    } else if (line.kind == LineKind::kSignature) {
      if (state_->count >= kSignaturesMax) {
        return base::MakeError(base::ErrorKind::kLimit, "more than 100,000,000 signatures");
      }
      if (!line.signature.near_digest.empty() && state_->near_count >= kNearSignaturesMax) {
        return base::MakeError(
            base::ErrorKind::kLimit,
            "more than 100,000 near signatures: each is compared with each file");
      }
      state_->Add(line.signature, line_number);
      ++report.signatures;
    }
  }
  return report;
}

void DatabaseBuilder::AddList(std::string_view name, std::string_view text,
                              std::uint64_t signatures) {
  AppendList(name, text, &state_->lists);
  state_->list_count += signatures;
}

void DatabaseBuilder::SetBody(std::string body) { state_->body = std::move(body); }

std::uint64_t DatabaseBuilder::count() const { return state_->count + state_->list_count; }

base::Status DatabaseBuilder::WriteTo(const std::function<base::Status(base::Bytes)>& write) {
  for (std::size_t table = 0; table < kTableCount; ++table) {
    state_->WithRows(table, [](auto& rows) { rows.Finish(); });
  }
  DAY_TRY_ASSIGN(const std::string header, state_->MakeHeader());
  std::uint64_t written = 0;
  const Sink sink = [&](base::Bytes piece) {
    written += piece.size();
    return piece.empty() ? base::OkStatus() : write(piece);
  };
  DAY_TRY(sink(base::AsBytes(header)));
  static constexpr std::array<std::byte, format::kSectionAlignment> kPadding{};
  for (std::size_t section = 0; section < format::kSectionCount; ++section) {
    const std::uint64_t gap = (format::kSectionAlignment - written % format::kSectionAlignment) %
                              format::kSectionAlignment;
    DAY_TRY(sink(base::Bytes(kPadding).first(static_cast<std::size_t>(gap))));
    DAY_TRY(state_->Emit(section, sink));
  }
  return base::OkStatus();
}

base::Result<std::string> DatabaseBuilder::Build() {
  std::string file;
  DAY_TRY(WriteTo([&](base::Bytes piece) {
    file += base::AsText(piece);
    return base::OkStatus();
  }));
  return file;
}

}  // namespace day::signatures
