/** A message that grows; copies are few whatever the size of its pieces. */
export class Gather {
  constructor() {
    this.data = Buffer.alloc(0);
    this.length = 0;
  }

  /** Room for n more octets; the caller fills data[length - n, length). */
  extend(n) {
    if (this.length + n > this.data.length) {
      const more = Buffer.allocUnsafe(Math.max(1024, this.data.length * 2, this.length + n));
      this.data.copy(more, 0, 0, this.length);
      this.data = more;
    }
    this.length += n;
  }

  take() {
    return this.data.subarray(0, this.length);
  }
}
