/** Lower-case ASCII, four to nine letters, all different. */
export const words: readonly string[] = split(`
  acorn amber anchor apple apron arrow autumn badge bakery balcony bamboo banner barley basket beacon bench blanket
  border bottle branch bridge bronze brush bucket button cabin cable camera candle canoe canvas carbon carpet castle
  cellar cement chapel cherry circle cliff clover coffee comet copper corner cotton cradle crater cricket crystal
  curtain cushion desert dinner dolphin donkey drawer eagle elbow engine falcon feather fender fiddle finger flannel
  forest fossil fountain garden garlic ginger glacier goblet granite hammer harbor harvest helmet hollow honey
  horizon hunter island ivory jacket jungle kernel kettle ladder lantern lemon lentil letter lizard lobster locket
  magnet mantle maple marble market meadow mirror mitten monkey morning mountain muffin mustard napkin needle nutmeg
  oatmeal olive onion orchard oven oyster paddle palace pantry parade parrot pasture pebble pencil pepper pigeon
  pillow planet plaster pocket pollen pottery pumpkin quarry quartz rabbit raisin ribbon river rocket saddle salmon
  sandal satchel scarlet shadow shelter silver spider spinach station stone summer tablet temple thimble thunder
  timber tractor trumpet tunnel turnip turtle umbrella valley velvet village violin walnut wagon water whistle willow
  window winter wizard yellow zebra
`);

export const names: readonly string[] = split(`
  Adela Bruno Carla Dario Edith Fabio Greta Hanno Irene Jonas Karla Lukas Mirta Nils Olga Pavel Quinn Rosa Silvan Tilda
  Ugo Vera Wanda Xaver Yvonne Zeno
`);

export const cities: readonly string[] = split(`
  Aarau Bergen Cadiz Dresden Evora Fulda Genoa Haarlem Innsbruck Jaca Krakow Leuven Malmo Namur Orebro Parma Quimper
  Rouen Siena Tartu Udine Vaduz Weimar Zadar
`);

function split(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
