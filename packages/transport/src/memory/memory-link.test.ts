import { runLinkAcceptance } from "../testing/acceptance.js";
import { MemoryNetwork } from "./network.js";

let lastId = 0;
runLinkAcceptance("memory", () => {
  const network = new MemoryNetwork();
  return {
    bind: async (alpns) => {
      lastId += 1;
      return network.bind({ id: lastId.toString(16).padStart(64, "0"), alpns });
    },
    deadAddress: async () => "127.0.0.1:1",
  };
});

let seed = 1;
runLinkAcceptance("memory, 0 to 3 ms each way", () => {
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const network = new MemoryNetwork({ latencyMs: () => Math.floor(random() * 4) });
  return {
    bind: async (alpns) => {
      lastId += 1;
      return network.bind({ id: lastId.toString(16).padStart(64, "0"), alpns });
    },
    deadAddress: async () => "127.0.0.1:1",
  };
});
