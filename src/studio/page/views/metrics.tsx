export function MetricsPage() {
  return <p />;
}
