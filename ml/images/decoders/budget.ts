/** A budget of memory: lets work in as long as there is room for it, in the order in which it asked. What is larger than all of it goes in alone. */
export class Budget {
  private taken = 0;
  private readonly waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(private readonly most: number) {}

  /** Runs `work`, which needs so many bytes, when there is room. */
  async run<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    const share = Math.min(bytes, this.most);
    if (this.waiting.length === 0 && this.taken + share <= this.most) this.taken += share;
    else await new Promise<void>((enter) => this.waiting.push({ bytes: share, enter }));
    try {
      return await work();
    } finally {
      this.taken -= share;
      this.letIn();
    }
  }

  private letIn(): void {
    for (let next = this.waiting[0]; next !== undefined && this.taken + next.bytes <= this.most; next = this.waiting[0]) {
      this.waiting.shift();
      this.taken += next.bytes;
      next.enter();
    }
  }
}
