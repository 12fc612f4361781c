import type { Subject } from "./manifest-shape.ts";

/** Subjects of the generator `explain`. The numbers are invented at each draw: an answer kept from an earlier cycle does not fit. */
export const subjectsToExplain: readonly Subject[] = [
  {
    text: "how a town stores heat underground for the winter",
    facts: [
      { text: "The store below {place} holds {n} cubic metres of water.", n: [2100, 9800] },
      { text: "It loses {n} percent of its heat between September and January.", n: [6, 29] },
      { text: "It heats {n} flats.", n: [180, 960] },
      { text: "Its pumps draw {n} kilowatts.", n: [35, 190] },
      { text: "The water is warmed by {n} solar panels.", n: [420, 2900] },
    ],
  },
  {
    text: "why cities plant trees along their streets",
    facts: [
      { text: "In {place} {n} trees were planted last year.", n: [310, 4800] },
      { text: "Streets with trees were {n} tenths of a degree cooler in July.", n: [11, 47] },
      { text: "A young tree needs {n} litres of water a week.", n: [60, 140] },
      { text: "{n} percent of the new trees did not survive the first summer.", n: [4, 23] },
      { text: "One gardener looks after {n} trees.", n: [240, 690] },
    ],
  },
  {
    text: "how a lending library decides which books to keep",
    facts: [
      { text: "The library of {place} owns {n} books.", n: [14000, 88000] },
      { text: "{n} of them were not borrowed in the last five years.", n: [1200, 9700] },
      { text: "A shelf holds {n} books.", n: [32, 58] },
      { text: "A new book costs {n} francs with its binding.", n: [19, 46] },
      { text: "{n} readers answered the survey.", n: [260, 1900] },
    ],
  },
  {
    text: "how a lock lifts ships from one level of a canal to the next",
    facts: [
      { text: "The lock near {place} lifts ships by {n} decimetres.", n: [31, 118] },
      { text: "Filling the chamber takes {n} minutes.", n: [7, 24] },
      { text: "One lockage uses {n} cubic metres of water.", n: [1300, 7900] },
      { text: "{n} ships passed it last month.", n: [210, 1400] },
      { text: "Its gates weigh {n} tonnes.", n: [41, 96] },
    ],
  },
  {
    text: "why bread dough must rest before it is baked",
    facts: [
      { text: "The bakery in {place} lets its dough rest for {n} minutes.", n: [95, 780] },
      { text: "Its oven is kept at {n} degrees.", n: [215, 265] },
      { text: "A loaf loses {n} grams of water in the oven.", n: [55, 140] },
      { text: "It uses {n} grams of yeast for a hundred loaves.", n: [280, 990] },
      { text: "It sells {n} loaves a day.", n: [130, 870] },
    ],
  },
  {
    text: "how a weather station warns of floods",
    facts: [
      { text: "The station above {place} measures the river every {n} minutes.", n: [3, 28] },
      { text: "An alarm is given at a level of {n} centimetres.", n: [210, 590] },
      { text: "The flood reaches the town {n} minutes after the alarm.", n: [45, 320] },
      { text: "Last year it gave {n} alarms.", n: [5, 31] },
      { text: "{n} households get the warning by telephone.", n: [640, 5200] },
    ],
  },
  {
    text: "why a hospital washes its linen at two different temperatures",
    facts: [
      { text: "The laundry in {place} washes {n} kilograms a day.", n: [900, 6400] },
      { text: "Bed sheets are washed at {n} degrees.", n: [71, 89] },
      { text: "Work clothes are washed at {n} degrees.", n: [52, 66] },
      { text: "One wash takes {n} minutes.", n: [38, 85] },
      { text: "The change saved {n} kilowatt hours a month.", n: [1500, 9400] },
    ],
  },
  {
    text: "how honey bees find their way back to the hive",
    facts: [
      { text: "Bees marked near {place} flew {n} metres to their food.", n: [650, 4300] },
      { text: "{n} of the marked bees came back on the first day.", n: [37, 180] },
      { text: "A flight took {n} minutes.", n: [9, 44] },
      { text: "A hive there holds {n} bees.", n: [14000, 52000] },
      { text: "Under a closed sky they needed {n} percent more time.", n: [12, 70] },
    ],
  },
];
