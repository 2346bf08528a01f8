export function CostPage() {
  return <p />;
}
