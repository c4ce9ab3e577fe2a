// Elements, made and changed by hand: nothing here ever reads markup.

/**
 * Makes an element. Members of `props` that exist on the element are set, others become attributes; `on` holds listeners.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node|string)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  const { on, ...rest } = props;
  for (const [name, value] of Object.entries(rest)) {
    if (name in node && !name.includes("-")) node[name] = value;
    else node.setAttribute(name, value);
  }
  for (const [name, act] of Object.entries(on ?? {})) node.addEventListener(name, act);
  node.append(...children);
  return node;
}

/** @param {string} name @returns {any} the element of that id */
export const id = (name) => document.getElementById(name);

/** Sets a text, if it is another. @param {Node} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Shows or hides. @param {HTMLElement} node @param {boolean} on */
export function show(node, on) {
  if (node.hidden === on) node.hidden = !on;
}

/** Sets an attribute, if it is another. @param {Element} node @param {string} name @param {string} value */
export function mark(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Keeps one child for each item, made by `make` when its key is new, told by `tell` each time, in the order of the items.
 * @template T
 * @param {Element} parent @param {T[]} items @param {(item: T, at: number) => string} key
 * @param {(item: T) => HTMLElement} make @param {(node: any, item: T, at: number) => void} tell
 */
export function each(parent, items, key, make, tell) {
  const kept = new Map([...parent.children].map((node) => [/** @type {any} */ (node).dataset.key, node]));
  items.forEach((item, at) => {
    const name = key(item, at);
    let node = kept.get(name);
    kept.delete(name);
    if (!node) {
      node = make(item);
      /** @type {HTMLElement} */ (node).dataset.key = name;
    }
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
    tell(node, item, at);
  });
  for (const node of kept.values()) node.remove();
}

/** The items of a list, or of an object by name. @param {any} list @returns {any[]} */
export const items = (list) => (Array.isArray(list) ? list : Object.values(list ?? {}));
