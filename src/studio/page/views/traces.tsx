export function TracesPage() {
  return <p />;
}
