#include "libs/rules/scan/cost.h"

#include "libs/rules/scan/state.h"

namespace day::rules::scan {

void EnableCosts(Scanner& scanner) {
  Scanner::State& state = scanner.state();
  state.costs = std::make_unique<CostTable>();
  state.costs->rules.resize(state.rules.rules.size());
}

const CostTable& Costs(Scanner& scanner) { return *scanner.state().costs; }

}  // namespace day::rules::scan
