// Documents that ask for a password, each with the payload behind it.
#pragma once

#include <map>
#include <string>

// By "FOLDER/name". `workbook` is a stream with a macro sheet that has the payload.
std::map<std::string, std::string> EncryptedDocuments(const std::string& payload,
                                                      const std::string& workbook);
