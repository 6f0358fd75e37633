// Takes a video, or records one, has it read, says how far that is, and shows what came of it.
const tabs = [...app.querySelectorAll('[role=tab]')];
const panelOf = tab => app.querySelector(`#${tab.getAttribute('aria-controls')}`);
let videoRunning = null, clip = null, recorder = null;

function videoIsOpen() {
  return !panelOf(tabs[1]).hidden;
}

function choose(tab) {
  for (const each of tabs) {
    each.setAttribute('aria-selected', each === tab);
    each.tabIndex = each === tab ? 0 : -1;
    panelOf(each).hidden = each !== tab;
  }
  if (videoIsOpen() && stream) actions['close-camera']();
  if (!videoIsOpen() && recorder) actions['stop-recording']();
}

const complainOfVideo = text => { part('video-trouble').textContent = text; part('video-trouble').hidden = !text; };

function videoProgress(said, time, whole) {
  part('video-progress').hidden = !videoRunning;
  if (part('video-said').textContent !== said) part('video-said').textContent = said;
  if (whole) Object.assign(part('video-bar'), {max: whole, value: Math.min(time, whole)});
  else part('video-bar').removeAttribute('value');
}

function forgetClip() {
  if (clip) navigator.sendBeacon(`video/${clip}/close`);
  clip = null;
  part('clip').replaceChildren();
  part('clip').hidden = true;
}

function takeFromVideo(told) {
  if (told.problem) complainOfVideo(told.problem);
  if (told.said) videoProgress(told.said, told.time, told.whole);
  if (!told.shown) return;
  clip = told.token;
  part('clip').innerHTML = told.shown;
  part('clip').hidden = false;
}

async function readVideo(file, name, seconds) {
  const mine = videoRunning = new AbortController();
  let last = null;
  forgetClip();
  complainOfVideo('');
  videoProgress(say('video.sending', {name}));
  app.classList.add('ec-busy');
  try {
    if (file.size > texts.maxVideoBytes) {
      throw new Error(say('video.large', {limit: Math.floor(texts.maxVideoBytes / 1e6)}), {cause: 413});
    }
    await file.slice(0, 1).arrayBuffer().catch(() => { throw new Error(say('left_out.gone'), {cause: 404}); });
    const query = new URLSearchParams(seconds ? {name, seconds} : {name});
    const answer = await fetch(`video?${query}`, {method: 'POST', body: file, signal: mine.signal});
    if (!answer.ok) throw new Error(await answer.text(), {cause: answer.status});
    await eachLine(answer, told => takeFromVideo(last = told));
    if (!last?.shown && !last?.problem) throw new Error('');
  } catch (error) {
    complainOfVideo(mine.signal.aborted ? say('video.stopped') : error.cause ? error.message : say('video.broken'));
  }
  videoRunning = null;
  videoProgress('');
  app.classList.remove('ec-busy');
  (clip ? part('clip').querySelector('h2') : app.querySelector('[data-do="choose-video"]')).focus({preventScroll: true});
  if (clip && part('clip').getBoundingClientRect().top > innerHeight / 3) part('clip').scrollIntoView();
}

function giveVideo(files) {
  if (files.length && !videoRunning && !recorder && part('video-file')) readVideo(files[0], files[0].name);
}

function endRecording() {
  const ended = recorder;
  recorder = null;
  clearInterval(ended.clock);
  for (const track of ended.stream.getTracks()) track.stop();
  part('preview').srcObject = null;
  part('record').hidden = true;
  app.classList.remove('ec-recording');
  return ended;
}

function showTime() {
  const seconds = (performance.now() - recorder.began) / 1000;
  const time = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
  part('recorded').textContent = say('video.recording', {time});
  if (seconds >= texts.maxVideoSeconds) actions['stop-recording']();
}

Object.assign(actions, {
  tab: choose,
  'choose-video': () => part('video-file').click(),
  'stop-video': () => videoRunning?.abort(),
  'clear-video': () => {
    forgetClip();
    complainOfVideo('');
    app.querySelector('[data-do="choose-video"]').focus();
  },
  record: async () => {
    if (videoRunning || recorder) return;
    complainOfVideo('');
    if (!navigator.mediaDevices) return complainOfVideo(say('camera.none'));
    if (!window.MediaRecorder) return complainOfVideo(say('video.no_recorder'));
    let seen;
    try {
      seen = await navigator.mediaDevices.getUserMedia({video: {facingMode: 'user', width: {ideal: 1280}}});
    } catch {
      return complainOfVideo(say('camera.refused'));
    }
    // Meanwhile the button may have been pressed again, or the tab left: no camera is to run that nobody sees.
    if (videoRunning || recorder || !videoIsOpen()) return seen.getTracks().forEach(track => track.stop());
    recorder = new MediaRecorder(seen);
    recorder.pieces = [];
    recorder.addEventListener('dataavailable', event => event.target.pieces.push(event.data));
    recorder.start(1000);
    recorder.began = performance.now();
    recorder.clock = setInterval(showTime, 500);
    showTime();
    forgetClip();
    part('preview').srcObject = seen;
    part('record').hidden = false;
    app.classList.add('ec-recording');
    app.querySelector('[data-do="stop-recording"]').focus();
  },
  'stop-recording': () => {
    const seconds = (performance.now() - recorder.began) / 1000;
    recorder.addEventListener('stop', event => {
      readVideo(new Blob(event.target.pieces), say('video.recorded', {time: clock()}),
        Math.min(seconds, texts.maxVideoSeconds).toFixed(1));
    });
    recorder.stop();
    endRecording();
  },
  discard: () => endRecording(),
});
part('video-file')?.addEventListener('change', event => {
  giveVideo([...event.target.files]);
  event.target.value = '';
});
app.querySelector('[role=tablist]').addEventListener('keydown', event => {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!step) return;
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  choose(next);
  next.focus();
});
window.addEventListener('pagehide', () => {
  if (clip) navigator.sendBeacon(`video/${clip}/close`);
});
