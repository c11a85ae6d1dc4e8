// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.hsm.HsmKey;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast the issuer's key signs artifacts, beside a C program that calls the same PKCS#11 module with
 * the same key; on one thread, and on two.
 *
 * <p>The C program signs a digest that it has, where Java hashes a whole signing input first.
 */
final class HsmSign implements Benchmark {
  private static final String UNIT = "signatures/s";
  private static final List<Integer> THREADS = List.of(1, 2);

  @Override
  public String description() {
    return "an artifact signed in the token, beside a C loop over the same PKCS#11 module";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    byte[] message = Bundles.newIssuer().signingInput();
    try (BenchToken token = BenchToken.make()) {
      HsmKey key = token.keys().issuer();
      requireValid(key, message, key.signP1363(message));
      List<Contender> contenders = new ArrayList<>();
      for (int threads : THREADS) {
        contenders.add(
            new Parallel(
                threads,
                () -> {
                  // It throws unless the token gave a signature of the right length.
                  var unused = key.signP1363(message);
                }));
        contenders.add(new SignLoop(setting.signLoop(), token, key, threads));
      }
      List<Double> rates = setting.rounds().run(contenders);
      for (int i = 0; i < THREADS.size(); i++) {
        boolean one = THREADS.get(i) == 1;
        String threads = THREADS.get(i) + "-threads";
        String loop = one ? "beside/c-loop" : "beside/c-loop/" + threads;
        report.add(one ? setting.name() : setting.variant(threads), rates.get(2 * i), UNIT, loop);
        report.add(loop, rates.get(2 * i + 1), UNIT);
      }
    }
  }

  private static void requireValid(HsmKey key, byte[] message, byte[] signature)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
    verifier.initVerify(key.publicKey());
    verifier.update(message);
    if (!verifier.verify(signature)) {
      throw new IllegalStateException("the token's signature must verify, and did not");
    }
  }
}
