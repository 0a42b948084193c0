// What is wrong with the structure of a picture: nothing is decoded, chunks, blocks, segments and
// directories are walked. Names are those of ClamAV 1.4.6 ("Heuristics.Broken.Media.PNG..."), which
// stops at the first fault; what follows the end of a picture is not looked at.
//
// Each takes bytes that were identified as its format and gives the name of the first fault, or an
// empty view: the picture holds. Linear in the number of blocks; nothing is allocated. Pure
// functions.
#pragma once

#include <string_view>

#include "libs/base/bytes.h"

namespace day::formats::image {

std::string_view GifFault(base::Bytes file);   // GIF89a, sections 17 to 27
std::string_view PngFault(base::Bytes file);   // PNG (ISO/IEC 15948), section 5
std::string_view JpegFault(base::Bytes file);  // ITU T.81, annex B; JFIF, Exif and SPIFF headers
std::string_view TiffFault(base::Bytes file);  // TIFF 6.0, section 2

}  // namespace day::formats::image
