/** Budgets of the demo's types: those of `examples/<type>/.env.dev` (a test keeps them equal). Other types get the machine's. */
export interface Budget {
  readonly cpuBudgetCores: number;
  readonly ramBudgetBytes: number;
}

const GIB = 1024 ** 3;

export const DEMO_BUDGETS: Readonly<Record<string, Budget>> = {
  broker: { cpuBudgetCores: 4, ramBudgetBytes: 2 * GIB },
  gateway: { cpuBudgetCores: 2, ramBudgetBytes: GIB },
  registry: { cpuBudgetCores: 2, ramBudgetBytes: GIB },
  compute: { cpuBudgetCores: 1, ramBudgetBytes: GIB / 2 },
};

export function budgetOf(type: string): Partial<Budget> {
  return (Object.hasOwn(DEMO_BUDGETS, type) ? DEMO_BUDGETS[type] : undefined) ?? {};
}
