/** The public networks by genesis hash (chain.md §0.1). Whatever a node calls itself, these are not local. */
export const PUBLIC_NETWORKS: ReadonlyMap<string, string> = new Map([
  ["0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03", "finney"],
  ["0x8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105", "test"],
]);
