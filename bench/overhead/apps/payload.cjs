// What the frameworks' handlers answer with: 2 KB of JSON, serialised for each request.
exports.experiment = (id) => ({
  id,
  name: 'Checkout button colour',
  status: 'running',
  variants: Array.from({ length: 16 }, (_, index) => ({
    name: `variant-${String(index).padStart(2, '0')}`,
    weight: 0.0625,
    assignments: 10_000 + index,
    conversions: 1_000 + index,
    description: 'a shade of green',
  })),
});
