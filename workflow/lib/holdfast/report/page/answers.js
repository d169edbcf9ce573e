// The response browser: an index a model and population, and pages of answers, loaded when asked for.
// What comes from a study is put on the page as text, never as HTML.
const KEPT = 6;  // pages in memory
const arrived = new Map(), pages = new Map();
globalThis.holdfast = (key, data) => { arrived.set(key, data); };

function loaded(key) {
  const address = "answers/" + key.split("/").map(encodeURIComponent).join("/") + ".js";
  return new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => {
      const data = arrived.get(key);
      arrived.delete(key);
      script.remove();
      data ? done(data) : fail(new Error(address));
    };
    script.onerror = () => { script.remove(); fail(new Error(address)); };
    document.head.append(script);
  });
}

function kept(key) {
  const found = pages.get(key) ?? loaded(key);
  pages.delete(key);
  pages.set(key, found);  // the last used come last
  found.catch(() => pages.delete(key));
  while (pages.size > KEPT) pages.delete(pages.keys().next().value);
  return found;
}

// One answer: places, shares (2 bytes each), mass (2 bytes), chosen, status, readout; see answers.py.
function answerAt(view, index, number) {
  const width = index.width, size = 3 * width + 5, start = number * size;
  const share = at => {
    const steps = view.getUint16(start + at, true);
    return steps === index.noShare ? null : steps / index.steps;
  };
  const end = start + 3 * width;
  const status = view.getUint8(end + 3);
  if (status === index.none) return null;
  const chosen = view.getUint8(end + 2);
  return {
    places: Array.from({length: width}, (_, i) => view.getUint8(start + i)),
    shares: Array.from({length: width}, (_, i) => share(width + 2 * i)),
    mass: share(3 * width), chosen: chosen === index.none ? null : chosen,
    status: index.statuses[status], readout: index.readouts[view.getUint8(end + 4)],
  };
}

const form = document.getElementById("browser");
if (form) {
  const ask = name => form.querySelector(`[name=${name}]`), shown = document.getElementById("answer");
  const say = text => { document.getElementById("browser-state").textContent = text; };
  const made = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const fill = (select, labels) => {
    const before = select.selectedOptions[0]?.textContent;
    select.replaceChildren(...labels.map((label, i) => {
      const option = made("option", label);
      option.value = i;
      option.selected = label === before;
      return option;
    }));
    select.closest("label").hidden = labels.length < 2 && select.dataset.single !== undefined;
  };
  const decimals = x => x === null ? "–" : x.toFixed(x < 0.0995 ? 3 : 2).replace(/^0/, "");
  let index = null, key = "", turn = 0;

  const labelOf = person => person.name ? `${person.name} (${person.id})` : person.id;

  async function choose() {  // another model and population
    const mine = ++turn;
    key = ask("source").value;
    say("Loading …");
    try {
      const found = await kept(key);
      if (mine !== turn) return;
      index = found;
    } catch (error) { if (mine === turn) missing(error); return; }
    fill(ask("person"), index.respondents.map(labelOf));
    fill(ask("context"), index.contexts);
    fill(ask("replicate"), index.replicates.map(r => `replicate ${r}`));
    fill(ask("item"), ["all items", ...index.items.map(itemName)]);
    await show();
  }

  const itemName = ([instrument, item]) =>
    index.instruments.length > 1 ? `${index.instruments[instrument].name} ${item}` : `item ${item}`;

  function missing(error) {
    index = null;
    shown.replaceChildren();
    say(`The answers lie beside this page, and ${error.message} is not there. Keep the folder “answers” with the page.`);
  }

  async function show() {
    if (!index || !index.respondents.length) { shown.replaceChildren(); say("No answers."); return; }
    const mine = ++turn, person = +ask("person").value;
    const number = Math.floor(person / index.onAPage), about = index;
    let page;
    try { page = await kept(`${key}/${number}`); } catch (error) { if (mine === turn) missing(error); return; }
    if (mine !== turn) return;
    if (typeof page.answers === "string") {
      const bytes = Uint8Array.from(atob(page.answers), c => c.charCodeAt(0));
      page.answers = new DataView(bytes.buffer);
    }
    const replicates = about.replicates.length, own = person % about.onAPage;
    const session = (own * about.contexts.length + +ask("context").value) * replicates + +ask("replicate").value;
    shown.replaceChildren(...portrait(about.respondents[person]), ...talk(page.talks[session] ?? []), ...table(page, session, person));
    for (const [name, by] of [["previous", -1], ["next", 1]]) {
      form.querySelector(`[name=${name}]`).disabled = !about.respondents[person + by];
    }
    const names = ["person", "context", "replicate"].map(n => ask(n).selectedOptions[0].textContent);
    say(`${ask("source").selectedOptions[0].textContent}: ${names.join(", ")}.`);
  }

  const words = status => status.replaceAll("_", " ");

  const spoken = (tag, text, name) => { const e = made(tag, text, name); e.dir = "auto"; return e; };

  function portrait(person) {
    const about = person.about || (person.name ? "" : "No persona was given.");
    return [made("h3", "The persona"), spoken("p", person.name ? `${person.name}. ${about}` : about, "said")];
  }

  function talk(turns) {
    const list = made("dl", undefined, "turns");
    for (const [speaker, text, status] of turns) {
      const plain = status === "ok" || status === "opening";
      list.append(made("dt", plain ? speaker : `${speaker} · ${words(status)}`), spoken("dd", text || "(nothing)"));
    }
    return [made("h3", "The conversation"), turns.length ? list : made("p", "No conversation before the questionnaire.")];
  }

  function table(page, session, person) {
    const wanted = +ask("item").value - 1, parts = [made("h3", "The answers")];
    index.instruments.forEach((instrument, number) => {
      const rows = [];
      index.items.forEach(([of, item], i) => {
        if (of !== number || (wanted >= 0 && wanted !== i)) return;
        const at = session * index.items.length + i, answer = answerAt(page.answers, index, at);
        if (answer) rows.push(row(instrument, item, answer, person, page.replies?.[at]));
      });
      if (rows.length) parts.push(...framed(instrument, rows));
    });
    if (parts.length === 1) parts.push(made("p", "Nothing was asked here."));
    return parts;
  }

  function framed(instrument, rows) {
    const frame = made("div", undefined, "scroll"), body = made("tbody"), head = made("tr");
    const grid = made("table", undefined, "given"), title = `Answers to ${instrument.name}`;
    Object.assign(frame, {tabIndex: 0, role: "region", ariaLabel: title});
    for (const [name, kind] of [["Item"], ["Value"], ...instrument.options.map(o => [`${o.rating ?? "–"} ${o.text}`, "right"]), ["All letters", "right"], ["Status"]]) {
      const cell = made("th", name, kind);
      cell.scope = "col";
      head.append(cell);
    }
    const top = made("thead");
    top.append(head);
    body.append(...rows);
    grid.append(made("caption", `${title}. ${instrument.question} Probability of each option, with the letter under which it was shown; ✓ is the answer.`), top, body);
    frame.append(grid);
    return [frame];
  }

  function row(instrument, item, answer, person, reply) {
    const line = made("tr"), head = made("th"), about = instrument.items[item];
    head.scope = "row";
    const text = about.texts[index.respondents[person].form] ?? about.texts.neutral ?? "";
    head.append(made("span", `${item}`), spoken("span", text, "item"));
    line.append(head, made("td", about.value));
    instrument.options.forEach((_, i) => line.append(chance(answer, i)));
    const status = made("td", answer.status === "ok" ? `ok, ${answer.readout}` : words(answer.status));
    if (reply) status.append(spoken("span", `“${reply}”`, "item"));  // what could not be read
    line.append(made("td", decimals(answer.mass), "right"), status);
    return line;
  }

  function chance(answer, i) {
    const cell = made("td", undefined, answer.chosen === i ? "right chosen" : "right"), share = answer.shares[i];
    if (share !== null) cell.style.setProperty("--share", `${100 * share}%`);
    const letter = index.letters[answer.places[i]] ?? "";
    cell.append(made("span", (answer.chosen === i ? "✓ " : "") + decimals(share)), made("span", letter, "letter"));
    return cell;
  }

  ask("source").addEventListener("change", choose);
  for (const name of ["person", "context", "replicate", "item"]) ask(name).addEventListener("change", show);
  for (const [name, by] of [["previous", -1], ["next", 1]]) {
    form.querySelector(`[name=${name}]`).addEventListener("click", () => {
      const at = +ask("person").value + by;
      if (index?.respondents[at]) { ask("person").value = at; show(); }
    });
  }
  form.addEventListener("submit", event => event.preventDefault());
  for (const link of document.querySelectorAll("a[data-source]")) {
    link.addEventListener("click", () => { ask("source").value = link.dataset.source; choose(); });
  }
  form.hidden = false;
  // the first answers are loaded when the browser comes into view, so that the page opens at once
  new IntersectionObserver((entries, watch) => {
    if (entries.some(e => e.isIntersecting)) { watch.disconnect(); if (!key) choose(); }
  }).observe(form);
}
