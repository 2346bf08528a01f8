import type { Attributes } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { attributeBytes } from './sizes.js';

/** Keeps resources within the size that a service takes: one that is too large would have every request refused. */
export class ResourceLimit {
  readonly #maxBytes: number;
  readonly #onCut: (keys: string[]) => void;
  readonly #known = new WeakMap<Resource, Resource>();

  /** @param onCut told, once per resource, which attributes are left out */
  constructor(maxBytes: number, onCut: (keys: string[]) => void) {
    this.#maxBytes = maxBytes;
    this.#onCut = onCut;
  }

  /** The resource itself when it fits, else one without its longest attributes. */
  within(resource: Resource): Resource {
    const known = this.#known.get(resource);
    if (known !== undefined) return known;
    const fitting = this.#cut(resource);
    this.#known.set(resource, fitting);
    return fitting;
  }

  #cut(resource: Resource): Resource {
    let bytes = attributeBytes(resource.attributes);
    if (bytes <= this.#maxBytes) return resource;
    const sizes = Object.entries(resource.attributes).map(([key, value]) => ({
      key,
      bytes: attributeBytes({ [key]: value }),
    }));
    sizes.sort((a, b) => b.bytes - a.bytes);
    const left = new Set<string>();
    for (const size of sizes) {
      if (bytes <= this.#maxBytes) break;
      bytes -= size.bytes;
      left.add(size.key);
    }
    this.#onCut([...left]);
    const attributes: Attributes = Object.fromEntries(
      Object.entries(resource.attributes).filter(([key]) => !left.has(key)),
    );
    return Object.create(resource, { attributes: { value: attributes, enumerable: true } });
  }
}
