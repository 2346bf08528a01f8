export function DashboardsPage() {
  return <p />;
}
