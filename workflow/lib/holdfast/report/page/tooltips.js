// Who points at a mark of a figure, or goes from mark to mark with the arrow keys, is told what stands behind it.
{
const NEAR = 14;  // how far from a mark one may point, in pixels
const tip = document.createElement("div"), ring = document.createElement("div");
tip.className = "tip";
tip.setAttribute("role", "status");
ring.className = "ring";
tip.hidden = ring.hidden = true;
document.body.append(tip);
const hide = () => { tip.hidden = ring.hidden = true; };

function tell(marks, [x, y, words]) {
  const box = marks.getBoundingClientRect();
  marks.append(ring);
  Object.assign(ring.style, {left: `${100 * x}%`, top: `${100 * y}%`});
  tip.textContent = words;
  tip.hidden = ring.hidden = false;
  const left = box.left + x * box.width, top = box.top + y * box.height, gap = NEAR + 2;
  const below = top + gap + tip.offsetHeight < innerHeight ? top + gap : top - gap - tip.offsetHeight;
  tip.style.left = `${Math.max(8, Math.min(left - tip.offsetWidth / 2, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, below)}px`;
}

for (const marks of document.querySelectorAll("[data-points]")) {
  const points = JSON.parse(marks.dataset.points), plate = marks.parentElement;
  let at = -1;
  const nearest = event => {
    const box = marks.getBoundingClientRect();
    const away = points.map(([x, y]) => Math.hypot(box.left + x * box.width - event.clientX, box.top + y * box.height - event.clientY));
    const least = away.reduce((best, d, i) => d < away[best] ? i : best, 0);
    return away[least] <= NEAR ? least : -1;
  };
  const point = event => {
    const found = nearest(event);
    if (found < 0) return hide();
    at = found;
    tell(marks, points[at]);
  };
  marks.addEventListener("pointermove", point);
  marks.addEventListener("pointerdown", point);
  marks.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") hide(); });
  plate.addEventListener("blur", hide);
  plate.addEventListener("keydown", event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (event.key === "Escape") hide();
    if (!step || !points.length) return;
    event.preventDefault();
    at = (at + step + points.length) % points.length;
    plate.scrollLeft = points[at][0] * marks.offsetWidth - plate.clientWidth / 2;
    tell(marks, points[at]);
    const {top, bottom} = ring.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) {
      ring.scrollIntoView({block: "center", inline: "nearest", behavior: "instant"});
      tell(marks, points[at]);
    }
  });
}
for (const moved of ["wheel", "touchmove"]) addEventListener(moved, hide, {passive: true});
}
