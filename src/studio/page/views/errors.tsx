export function ErrorsPage() {
  return <p />;
}
