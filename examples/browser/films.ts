import { find } from './find.js';
import type { Film, Recommendation, Request, Stars, User, Viewer } from './messages.js';

export interface Films {
  /** Takes the users and films of new ratings. */
  readonly open: (users: readonly User[], films: readonly Film[]) => void;
  /** A model is trained: asks it for the chosen viewer. */
  readonly begin: () => void;
  readonly end: () => void;
  readonly show: (recommendation: Recommendation) => void;
  readonly fail: (message: string) => void;
}

const shown = 12;

const genders: Readonly<Record<string, string>> = { M: 'man', F: 'woman' };
const option = (value: string, text = value) => Object.assign(document.createElement('option'), { value, textContent: text });
const distinct = (values: readonly string[]) => [...new Set(values)].sort();

function element(tag: string, text: string, name = ''): HTMLElement {
  return Object.assign(document.createElement(tag), { textContent: text, className: name });
}

/** Predicted stars as a figure and a bar. */
function meter(rating: number): HTMLElement {
  const bar = Object.assign(document.createElement('meter'), { min: 1, max: 5, value: rating });
  const cell = element('span', '', 'stars');
  cell.append(bar, element('span', rating.toFixed(2)));
  return cell;
}

/** The part of the page that says what somebody would like to see. */
export function createFilms(ask: (request: Request) => void): Films {
  let users: readonly User[] = [];
  let films: ReadonlyMap<string, Film> = new Map();
  let tastes: readonly Stars[] = [];
  let last: Recommendation | undefined;

  const section = find('films', HTMLElement);
  const user = find('user', HTMLInputElement);
  const age = find('age', HTMLInputElement);
  const gender = find('gender', HTMLSelectElement);
  const occupation = find('occupation', HTMLSelectElement);
  const least = find('least', HTMLInputElement);
  const film = find('film', HTMLInputElement);
  const stars = find('stars', HTMLSelectElement);
  const who = find('who', HTMLElement);

  const titleOf = (id: string) => films.get(id)?.title ?? `Film ${id}`;
  const isPerson = () => document.querySelector('input[name=viewer]:checked')?.getAttribute('value') === 'person';
  const viewer = (): Viewer =>
    isPerson()
      ? { kind: 'person', age: age.valueAsNumber, gender: gender.value, occupation: occupation.value, tastes }
      : { kind: 'user', id: user.value };

  const say = (text: string, bad = false) => {
    who.textContent = text;
    who.classList.toggle('bad', bad);
  };

  const askAgain = () => {
    if (section.hidden) return;
    const person = isPerson();
    find('as-user', HTMLElement).hidden = person;
    find('as-person', HTMLElement).hidden = !person;
    find('add-taste', HTMLElement).hidden = !person;
    find('tastes', HTMLElement).hidden = !person || tastes.length === 0;
    find('known-part', HTMLElement).hidden = person;
    const fields = person ? [age] : [user];
    if (fields.every((field) => field.checkValidity())) ask({ kind: 'recommend', viewer: viewer() });
  };

  const describe = ({ alike }: Recommendation): string => {
    if (!isPerson()) {
      const chosen = users.find(({ id }) => id === user.value);
      if (!chosen) return '';
      return `User ${chosen.id} is a ${genders[chosen.gender] ?? 'person'} of ${chosen.age}, ${chosen.occupation}, and has rated ${chosen.ratings} films.`;
    }
    if (alike.length === 0)
      return 'The model has not met you. Rate films that you know, and it answers as for users who would have rated alike.';
    const more = alike.length > 4 ? ` and ${alike.length - 4} more` : '';
    return `As for users ${alike.slice(0, 4).join(', ')}${more}, who might have rated your films alike.`;
  };

  const draw = () => {
    if (!last) return;
    say(describe(last));
    const enough = last.films.filter(({ film: id }) => (films.get(id)?.ratings ?? 0) >= (least.valueAsNumber || 1));
    find('best', HTMLElement).replaceChildren(
      ...enough.slice(0, shown).map(({ film: id, rating }) => {
        const item = document.createElement('li');
        item.append(element('span', titleOf(id), 'title'), meter(rating));
        return item;
      }),
    );
    find('known', HTMLElement).replaceChildren(
      ...last.known.slice(0, shown).map(({ film: id, rating, predicted }) => {
        const row = document.createElement('tr');
        row.append(element('td', titleOf(id)), element('td', predicted.toFixed(2)), element('td', '★'.repeat(rating)));
        return row;
      }),
    );
  };

  const drawTastes = () => {
    find('tastes', HTMLElement).replaceChildren(
      ...tastes.map(({ film: id, rating }) => {
        const remove = element('button', '×');
        remove.setAttribute('aria-label', `Remove ${titleOf(id)}`);
        remove.addEventListener('click', () => {
          tastes = tastes.filter((taste) => taste.film !== id);
          drawTastes();
          askAgain();
        });
        const item = document.createElement('li');
        item.append(element('span', titleOf(id)), element('span', '★'.repeat(rating), 'given'), remove);
        return item;
      }),
    );
  };

  find('viewer', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
  for (const field of [user, age, gender, occupation]) field.addEventListener('change', askAgain);
  for (const choice of document.querySelectorAll('input[name=viewer]')) choice.addEventListener('change', askAgain);
  least.addEventListener('change', draw);
  find('any-user', HTMLElement).addEventListener('click', () => {
    user.value = users[Math.floor(Math.random() * users.length)]?.id ?? '';
    askAgain();
  });
  find('add-taste', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const known = [...films.values()].find(({ title }) => title === film.value);
    film.setCustomValidity(known ? '' : 'Choose a title of the list');
    if (!film.reportValidity() || !known) return;
    tastes = [...tastes.filter((taste) => taste.film !== known.id), { film: known.id, rating: Number(stars.value) }];
    film.value = '';
    drawTastes();
    askAgain();
  });
  film.addEventListener('input', () => film.setCustomValidity(''));

  return {
    open: (newUsers, newFilms) => {
      users = newUsers;
      films = new Map(newFilms.map((each) => [each.id, each]));
      tastes = [];
      last = undefined;
      section.hidden = true;
      user.value = users[0]?.id ?? '';
      drawTastes();
      gender.replaceChildren(...distinct(users.map((each) => each.gender)).map((value) => option(value, genders[value])));
      occupation.replaceChildren(...distinct(users.map((each) => each.occupation)).map((value) => option(value)));
      find('titles', HTMLElement).replaceChildren(...distinct(newFilms.map(({ title }) => title)).map((title) => option(title)));
    },
    begin: () => {
      section.hidden = false;
      askAgain();
    },
    end: () => {
      section.hidden = true;
    },
    show: (recommendation) => {
      last = recommendation;
      draw();
    },
    fail: (message) => say(message, true),
  };
}
