// Takes photos from a choice, a drop or the clipboard, sends them one after another, and shows what comes back.
const app = element.querySelector('.ec-app');
const texts = JSON.parse(app.dataset.texts);
const part = name => app.querySelector(`[data-part="${name}"]`);
const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const count = (key, n) => say(`${key}_${n === 1 ? 'one' : 'many'}`, {n: n.toLocaleString('en')});
const tiles = part('tiles');
const AT_ONCE = 2;  // One is read while the next is on its way.
const PASSED_OVER = /(^|\/)(\.[^/]|@eadir\/|#recycle\/|__macosx\/)/i;
let token = null, beginning = null, waiting = [], running = null, done = 0, expected = 0, current = -1;

const show = view => { app.dataset.view = view; app.classList.toggle('ec-many', tiles.children.length > 1); };
const binary = () => Number(app.querySelector('#ec-binary').checked);
const complain = text => { part('trouble').textContent = text; part('trouble').hidden = !text; };
const address = (path = '') => `gallery/${token}${path}`;

async function begin() {
  beginning ??= fetch('gallery', {method: 'POST'}).then(answer => answer.json()).catch(error => {
    beginning = null;
    throw error;
  });
  token = (await beginning).token;
}

function progress(name = '') {
  const box = app.querySelector('.ec-progress');
  box.hidden = !running;
  part('said').textContent = done || !name
    ? say('progress.reading', {done: done.toLocaleString('en'), total: expected.toLocaleString('en')})
    : say('progress.uploading', {name});
  Object.assign(part('bar'), {max: Math.max(expected, 1), value: done});
}

function leaveOut(name, why) {
  const box = part('left-out');
  const line = document.createElement('li');
  const called = document.createElement('b');
  called.textContent = name;
  // A reason that names the file already stands by itself.
  line.append(...(why.startsWith(name) ? [why] : [called, ' ', why]));
  box.querySelector('ul').append(line);
  const n = box.querySelector('ul').children.length;
  box.querySelector('summary').textContent = count('gallery.left_out', n);
  box.hidden = false;
  box.open = n <= 3;
}

function receive(told) {
  if ('expect' in told) {
    expected += Math.max(told.expect, 1) - 1;
  } else {
    done += 1;
    expected = Math.max(expected, done);  // Zips inside a zip hold more than was announced.
    if ('leftOut' in told) leaveOut(told.leftOut, told.why);
    else tiles.insertAdjacentHTML('beforeend', told.tile);
  }
  progress();
}

// Why a file is not even sent, or nothing.
async function refusal({file, name}) {
  const zip = /\.zip$/i.test(name);
  if (file.size > (zip ? texts.maxZipBytes : texts.maxBytes)) {
    return zip ? say('left_out.large_zip', {limit: Math.floor(texts.maxZipBytes / 1e9)})
      : say('left_out.large', {limit: texts.maxBytes / 1e6});
  }
  return file.slice(0, 1).arrayBuffer().then(() => '', () => say('left_out.gone'));
}

async function send({file, name, query}, stop) {
  const why = file ? await refusal({file, name}) : '';
  if (why) {
    receive({leftOut: name, why});
    return;
  }
  progress(name);
  const answer = await fetch(`${address()}?${new URLSearchParams(query ?? {name})}`,
    {method: 'POST', body: file, signal: stop});
  if (!answer.ok) throw new Error(await answer.text(), {cause: answer.status});
  await eachLine(answer, receive);
}

async function eachLine(answer, take) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let last = ''; ;) {
    const {value, done: ended} = await reader.read();
    const lines = (last + (value ?? '')).split('\n');
    last = lines.pop();
    for (const line of lines) take(JSON.parse(line));
    if (ended) break;
  }
}

async function give(items) {
  items = items.filter(({name}) => !PASSED_OVER.test(name ?? ''));
  if (!items.length) return;
  waiting.push(...items);
  expected += items.length;
  if (running) return;
  const mine = running = new AbortController();
  const before = tiles.children.length;
  complain('');
  progress(items[0].name);
  try {
    await begin();
    await Promise.all(Array.from({length: AT_ONCE}, async () => {
      while (mine === running && waiting.length) await send(waiting.shift(), mine.signal);
    }));
  } catch (error) {
    if (mine !== running) return;  // All was cleared meanwhile.
    complain(mine.signal.aborted ? say('progress.stopped') : error.cause ? error.message : say('progress.offline'));
    mine.abort();
  }
  if (mine !== running) return;
  rest();
  arrange();
  const added = tiles.children.length - before;
  if (added === 1) open(latest(), false);
  else if (added) showGallery();
}

function rest() {
  waiting = [], running = null, done = expected = 0;
  progress();
}

const latest = () => Math.max(...[...tiles.children].map(tile => Number(tile.dataset.number)));

function arrange() {
  const order = part('order').value;
  const degree = tile => tile.dataset.degree === '' ? null : Number(tile.dataset.degree);
  const sorted = [...tiles.children].sort((one, other) => {
    if (order === 'by_name') return one.dataset.name.localeCompare(other.dataset.name, undefined, {numeric: true});
    if (order === 'as_given') return one.dataset.number - other.dataset.number;
    if (degree(one) === null || degree(other) === null) return (degree(one) === null) - (degree(other) === null);
    return (degree(other) - degree(one)) * (order === 'saddest' ? -1 : 1);
  });
  tiles.append(...sorted);
  const faces = sorted.reduce((sum, tile) => sum + Number(tile.dataset.faces), 0);
  part('count').textContent = `${count('gallery.photos', sorted.length)}, ${count('gallery.faces', faces)}`;
}

async function fetched(path) {
  const answer = await fetch(path).catch(() => null);
  if (answer?.ok) return answer.text();
  complain(answer ? await answer.text() : say('progress.offline'));
  return null;
}

const tileOf = number => tiles.querySelector(`[data-number="${number}"]`);

async function open(number, focused = true) {
  const html = await fetched(address(`/${number}`));
  if (html === null) return;
  current = Number(number);
  part('detail').innerHTML = html;
  const where = part('detail').querySelector('.ec-where');
  where?.addEventListener('toggle', () => explain(where, current));
  show('detail');
  app.querySelector('[data-do="previous"]').disabled = !tileOf(current).previousElementSibling;
  app.querySelector('[data-do="next"]').disabled = !tileOf(current).nextElementSibling;
  if (focused) {
    part('left-out').open = false;
    // Who goes on by button presses the same one again.
    const pressed = document.activeElement?.closest('[data-do="previous"], [data-do="next"]');
    (pressed && !pressed.disabled ? pressed : part('detail').querySelector('h2')).focus({preventScroll: true});
  }
  const detail = app.querySelector('.ec-detail');
  if (detail.getBoundingClientRect().top > innerHeight / 3) detail.scrollIntoView();
}

async function explain(box, number) {
  const place = box.querySelector('div');
  if (!box.open || place.innerHTML) return;
  place.textContent = say('where.looking');
  place.innerHTML = await fetched(address(`/${number}/where`)) ?? '';
}

function showGallery() {
  show('gallery');
  const tile = current < 0 ? null : tileOf(current);
  (tile ? tile.querySelector('button') : part('count')).focus({preventScroll: !tile});
}

const step = beside => {
  const next = tileOf(current)?.[beside];
  if (next) open(next.dataset.number);
};

function save(path) {
  const link = Object.assign(document.createElement('a'), {href: address(`${path}?binary=${binary()}`), download: ''});
  if (/jpg$/.test(path)) link.download = `${tileOf(current).dataset.name.replace(/.*[/\\]/, '').replace(/\.\w+$/, '')}.jpg`;
  link.click();
}

function clear() {
  const mine = running;
  rest();
  mine?.abort();
  if (token) navigator.sendBeacon(address('/close'));
  token = beginning = null, current = -1;
  tiles.replaceChildren();
  part('left-out').querySelector('ul').replaceChildren();
  part('left-out').hidden = true;
  complain('');
  show('start');
  app.querySelector('[data-do="choose-photos"]').focus();
}

const clock = () => new Date().toTimeString().slice(0, 8).replaceAll(':', '.');

// Pictures on the clipboard are all called image.png.
const pasted = file => ({file, name: file.name && file.name !== 'image.png' ? file.name : say('give.pasted', {time: clock()})});

async function paste() {
  const items = await navigator.clipboard?.read().catch(() => []) ?? [];
  const found = [];
  for (const item of items) {
    const type = item.types.find(each => each.startsWith('image/'));
    if (type) found.push(pasted(new File([await item.getType(type)], 'image.png')));
  }
  if (found.length) give(found);
  else complain(say('give.nothing_pasted'));
}

async function inside(entry) {
  if (PASSED_OVER.test(`${entry.fullPath}${entry.isDirectory ? '/' : ''}`)) return [];
  if (entry.isFile) {
    const file = await new Promise((found, failed) => entry.file(found, failed)).catch(() => null);
    return file ? [{file, name: entry.fullPath.replace(/^\//, '')}] : [];
  }
  const reader = entry.createReader(), entries = [];
  for (;;) {  // A hundred at a time.
    const some = await new Promise((found, failed) => reader.readEntries(found, failed)).catch(() => []);
    if (!some.length) break;
    entries.push(...some);
  }
  return (await Promise.all(entries.map(inside))).flat();
}

async function dropped(transfer) {
  if (videoIsOpen()) return giveVideo(transfer.files);
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...transfer.files].map(file => ({file, name: file.name}));
  give(entries.length ? (await Promise.all(entries.map(inside))).flat() : files);
}

const actions = {
  'choose-photos': () => part('photos').click(),
  'choose-folder': () => part('folder').click(),
  paste,
  example: button => give([{query: {example: button.dataset.index}}]),
  stop: () => running?.abort(),
  back: showGallery,
  previous: () => step('previousElementSibling'),
  next: () => step('nextElementSibling'),
  'save-picture': () => save(`/${current}.jpg`),
  'save-pictures': () => save('/pictures.zip'),
  'save-table': () => save('/table.csv'),
  clear,
};

app.addEventListener('click', event => {
  const button = event.target.closest('button[data-do]'), tile = event.target.closest('.ec-tile');
  if (button) actions[button.dataset.do](button);
  else if (tile) open(tile.parentElement.dataset.number);
});
for (const name of ['photos', 'folder']) {
  part(name).addEventListener('change', event => {
    give([...event.target.files].map(file => ({file, name: file.webkitRelativePath || file.name})));
    event.target.value = '';
  });
}
part('order').addEventListener('change', arrange);
part('card').addEventListener('toggle', async event => {
  const place = event.target.querySelector('.ec-prose');
  if (!place.innerHTML) place.innerHTML = await fetched('gallery/card') ?? '';
});
document.addEventListener('paste', event => {
  const found = [...event.clipboardData.files];
  if (videoIsOpen()) giveVideo(found);
  else if (found.length) give(found.map(pasted));
  else complain(say('give.nothing_pasted'));
});
const dragged = (event, over) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  app.classList.toggle('ec-over', over);
  if (event.type === 'drop') dropped(event.dataTransfer);
};
document.addEventListener('dragover', event => dragged(event, true));
document.addEventListener('drop', event => dragged(event, false));
document.addEventListener('dragleave', event => { if (!event.relatedTarget) app.classList.remove('ec-over'); });
document.addEventListener('keydown', event => {
  if (videoIsOpen() || app.dataset.view !== 'detail' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'ArrowLeft') step('previousElementSibling');
  else if (event.key === 'ArrowRight') step('nextElementSibling');
  else if (event.key === 'Escape' && tiles.children.length > 1) showGallery();
});
window.addEventListener('pagehide', () => { if (token) navigator.sendBeacon(address('/close')); });
window.addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
