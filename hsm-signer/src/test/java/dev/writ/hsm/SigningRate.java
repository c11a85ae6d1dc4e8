// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.fixtures.SoftHsmToken;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Signatures a second through {@link HsmKey} beside a C loop over the same module and key, in turns so
 * that the machine's mood strikes both; medians. Needs SOFTHSM2_CONF.
 *
 * <pre>
 *   SigningRate C-LOOP-BINARY      as built from ci/benchmarks/src/main/c/p11-sign-loop.c
 * </pre>
 */
final class SigningRate {
  private static final int SIGNATURES = 40_000;
  private static final int ROUNDS = 7;

  private SigningRate() {}

  public static void main(String[] args) throws Exception {
    TokenProfile profile = TokenProfile.named("softhsm2");
    try (SoftHsmToken soft = SoftHsmToken.inEnvironment("rate");
        Token token = Token.open(profile, soft.label(), PinSource.file(soft.pinFile()))) {
      CeremonyOutcome.Born born =
          (CeremonyOutcome.Born)
              KeyCeremony.init(
                  token, KeyInventory.standard(), InstantSource.system(), new SecureRandom());
      HsmKey key = token.key(born.keys().get(0));
      for (int threads : new int[] {1, 2, 4, 8}) {
        List<Double> writ = new ArrayList<>();
        List<Double> loop = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
          loop.add(loop(Path.of(args[0]), profile, soft, key, threads));
          writ.add(rate(key, threads));
        }
        System.out.printf(
            "{\"name\":\"hsm-sign/%d-threads\",\"figure\":%.0f,\"unit\":\"signatures/s\","
                + "\"ratio\":%.2f,\"beside\":\"a C loop on the same module: %.0f\"}%n",
            threads, median(writ), median(writ) / median(loop), median(loop));
      }
    }
  }

  private static double loop(
      Path binary, TokenProfile profile, SoftHsmToken soft, HsmKey key, int threads)
      throws Exception {
    return Double.parseDouble(
        ChildProcess.run(
            Map.of(),
            List.of(
                binary.toString(),
                profile.library().toString(),
                soft.label(),
                soft.pinFile().toString(),
                key.spec().label(),
                Integer.toString(SIGNATURES),
                Integer.toString(threads))));
  }

  private static double rate(HsmKey key, int threads) throws Exception {
    byte[] message = new byte[512];
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      long start = System.nanoTime();
      List<Future<Integer>> done = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        done.add(
            pool.submit(
                () -> {
                  int bytes = 0;
                  for (int n = 0; n < SIGNATURES / threads; n++) {
                    bytes += key.signP1363(message).length;
                  }
                  return bytes;
                }));
      }
      for (Future<Integer> future : done) {
        if (future.get() != SIGNATURES / threads * 64) {
          throw new IllegalStateException("every signature must be 64 bytes");
        }
      }
      return SIGNATURES * 1e9 / (System.nanoTime() - start);
    } finally {
      pool.shutdownNow();
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }
}
