export function PipelinePage() {
  return <p />;
}
