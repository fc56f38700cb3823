/** Keys that are moved to make room for one; beyond that it is cheaper to sort them all at once. */
const mostMoved = 256;

/** Keys in the order of their code units, which is the order of a table's ASCII sort keys. */
export class SortedKeys {
  #keys: string[] = [];
  #isSorted = true;

  /** Adds a key that is not there yet. Cheap in order or near the end, sorted at the next question otherwise. */
  add(key: string): void {
    const last = this.#keys.at(-1);
    if (last === undefined || key >= last || !this.#isSorted) {
      this.#keys.push(key);
      return;
    }
    const near = this.#keys[this.#keys.length - mostMoved];
    if (near === undefined || near < key) this.#keys.splice(this.#from(key), 0, key);
    else {
      this.#isSorted = false;
      this.#keys.push(key);
    }
  }

  delete(key: string): void {
    const at = this.#from(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** Keys in `[from, to)`, as they are now. */
  range(from: string, to: string): readonly string[] {
    return this.#keys.slice(this.#from(from), this.#from(to));
  }

  /** Keys that begin with `prefix`, as they are now. */
  beginningWith(prefix: string): readonly string[] {
    return this.range(prefix, `${prefix}\uffff`);
  }

  /** Index of the first key that is not below `key`. */
  #from(key: string): number {
    if (!this.#isSorted) this.#keys.sort((a, b) => (a < b ? -1 : 1));
    this.#isSorted = true;
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
