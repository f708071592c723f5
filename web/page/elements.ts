/** The parts of index.html that change, by their ids. */

function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} called ${id}`);
  return found;
}

export const parts = {
  drop: element('drop', HTMLElement),
  choose: element('choose', HTMLInputElement),
  alert: element('alert', HTMLElement),
  status: element('status', HTMLElement),
  progress: element('progress', HTMLProgressElement),
  results: element('results', HTMLElement),
  clear: element('clear', HTMLButtonElement),
  ranking: element('ranking', HTMLOListElement),
  refused: element('refused', HTMLElement),
  refusedList: element('refused-list', HTMLUListElement),
  model: element('model', HTMLElement),
  offline: element('offline', HTMLElement),
};

/** A new element with a class and what it holds; texts stay texts. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}
