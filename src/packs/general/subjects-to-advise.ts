import type { Subject } from "./manifest-shape.ts";

/** Questions of the generator `advise`, as in subjects-to-explain.ts. */
export const subjectsToAdvise: readonly Subject[] = [
  {
    text: "should an old delivery van be repaired or replaced?",
    facts: [
      { text: "The repair costs {n} francs.", n: [1900, 6800] },
      { text: "A used van stands for sale in {place} for {n} francs.", n: [9200, 21000] },
      { text: "The old van has driven {n} thousand kilometres.", n: [170, 390] },
      { text: "It is needed on {n} days a month.", n: [8, 26] },
      { text: "A hired van costs {n} francs a day.", n: [70, 160] },
    ],
  },
  {
    text: "should solar panels be put on the roof this year?",
    facts: [
      { text: "The roof has room for {n} panels.", n: [18, 94] },
      { text: "A firm from {place} offers the work for {n} francs.", n: [11000, 48000] },
      { text: "Power costs {n} centimes a kilowatt hour.", n: [21, 44] },
      { text: "The roof must be renewed in {n} years.", n: [3, 19] },
      { text: "The grant pays {n} percent of the costs.", n: [11, 38] },
    ],
  },
  {
    text: "should the opening hours be longer in summer?",
    facts: [
      { text: "A count showed {n} visitors after six o'clock.", n: [23, 190] },
      { text: "An extra hour costs {n} francs in wages.", n: [48, 210] },
      { text: "The neighbour in {place} gained {n} percent more visitors by it.", n: [4, 31] },
      { text: "{n} of the staff would like to work later.", n: [2, 14] },
      { text: "The last bus leaves at {n} minutes past eight.", n: [6, 54] },
    ],
  },
  {
    text: "should rainwater be collected for watering?",
    facts: [
      { text: "The tank holds {n} litres.", n: [1800, 9500] },
      { text: "In {place} it rained on {n} days last year.", n: [88, 172] },
      { text: "Watering takes {n} litres a week in summer.", n: [700, 3900] },
      { text: "The tank and its pipes cost {n} francs.", n: [1400, 7600] },
      { text: "Tap water costs {n} centimes for a hundred litres.", n: [17, 62] },
    ],
  },
  {
    text: "should a festival be held in the open air or in the hall?",
    facts: [
      { text: "The hall has {n} seats.", n: [160, 640] },
      { text: "The meadow near {place} holds {n} people.", n: [900, 3800] },
      { text: "It rained on {n} of the last thirty festival days.", n: [4, 17] },
      { text: "A tent costs {n} francs to hire.", n: [1300, 5900] },
      { text: "{n} tickets have been sold so far.", n: [130, 1500] },
    ],
  },
  {
    text: "should an internet line by fibre be ordered now?",
    facts: [
      { text: "The present line carries {n} megabits a second.", n: [14, 95] },
      { text: "The connection costs {n} francs once.", n: [390, 2400] },
      { text: "In {place} {n} houses already have one.", n: [75, 980] },
      { text: "The offer ends in {n} days.", n: [5, 48] },
      { text: "{n} devices share the line.", n: [7, 66] },
    ],
  },
  {
    text: "should supplies be bought together with the neighbours?",
    facts: [
      { text: "{n} neighbours would take part.", n: [3, 19] },
      { text: "The dealer in {place} gives {n} percent off large orders.", n: [6, 24] },
      { text: "The order must be worth at least {n} francs.", n: [2300, 8900] },
      { text: "There is room to store {n} boxes.", n: [45, 310] },
      { text: "Last year {n} francs were spent on supplies.", n: [3100, 16000] },
    ],
  },
  {
    text: "should a second person be hired for the office?",
    facts: [
      { text: "{n} letters wait for an answer.", n: [34, 270] },
      { text: "A half post costs {n} francs a month.", n: [1900, 3600] },
      { text: "{n} hours of extra work were done last month.", n: [18, 96] },
      { text: "The office in {place} offers to share a clerk on {n} days a month.", n: [3, 11] },
      { text: "Income rose by {n} percent this year.", n: [2, 21] },
    ],
  },
];
