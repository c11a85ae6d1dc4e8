// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.fixtures.FaultyModule;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.TokenProfile;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast the issuer's key signs artifacts, beside a C program that calls the same PKCS#11 module with
 * the same key, on one thread, on two and on eight; the Ed25519 key of checkpoints likewise; and the
 * issuer's key in a token as far away as an HSM behind a network, eight signatures at a time.
 *
 * <p>The C program signs a digest that it has, where Java hashes a whole signing input first.
 */
final class HsmSign implements Benchmark {
  private static final String UNIT = "signatures/s";
  private static final List<Integer> THREADS = List.of(1, 2, 8);

  /** Of one signature: a device beside the processor, on a bus, across a network, a small one on USB. */
  static final List<Duration> DELAYS =
      List.of(
          Duration.ofNanos(40_000),
          Duration.ofMillis(1),
          Duration.ofMillis(5),
          Duration.ofMillis(70));

  private static final int CONCURRENT = 8;

  @Override
  public String description() {
    return "an artifact signed in the token, beside a C loop over the same PKCS#11 module";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    byte[] message = Bundles.newIssuer().signingInput();
    TokenProfile direct = TokenProfile.named("softhsm2");
    FaultyModule slow = FaultyModule.build(setting.work().resolve("module"), direct.library());
    // SoftHSM stays initialised by whoever came first, so the module around it comes first.
    try (BenchToken token = BenchToken.make(concurrent(direct.withLibrary(slow.library())))) {
      for (Duration delay : DELAYS) {
        slow.delaySigning(delay);
        compare(setting, report, variantOf(delay), artifacts(setting, token, message, CONCURRENT));
      }
      slow.clear();
      token.reopen(direct);
      for (int threads : THREADS) {
        String variant = threads == 1 ? "" : threads + "-threads";
        compare(setting, report, variant, artifacts(setting, token, message, threads));
      }
      if (token.keys().checkpointEd25519().isPresent()) {
        Ed25519Key key = token.keys().checkpointEd25519().get();
        for (int threads : THREADS) {
          String variant = "ed25519" + (threads == 1 ? "" : "-" + threads + "-threads");
          compare(setting, report, variant, checkpoints(setting, token, key, threads));
        }
      }
    }
  }

  /** The part of a line's name that says how long a signature is delayed. */
  static String variantOf(Duration delay) {
    return "delay-" + delay.toNanos() / 1_000 + "-us";
  }

  private static List<Contender> artifacts(
      Setting setting, BenchToken token, byte[] message, int threads)
      throws HsmException, GeneralSecurityException {
    HsmKey key = token.keys().issuer();
    requireValid(key, message, key.signP1363(message));
    return pair(setting, token, key.spec(), threads, () -> key.signP1363(message));
  }

  private static List<Contender> checkpoints(
      Setting setting, BenchToken token, Ed25519Key key, int threads) {
    byte[] message = new byte[32];
    return pair(setting, token, key.spec(), threads, () -> key.sign(message));
  }

  /** It throws unless the token gave a signature of the right length. */
  private interface Signing {
    byte[] signature() throws Exception;
  }

  private static List<Contender> pair(
      Setting setting, BenchToken token, KeySpec spec, int threads, Signing signing) {
    List<Contender> pair = new ArrayList<>();
    pair.add(
        new Parallel(
            threads,
            () -> {
              var unused = signing.signature();
            }));
    pair.add(new SignLoop(setting.signLoop(), token, spec, threads));
    return pair;
  }

  private static void compare(Setting setting, Report report, String variant, List<Contender> pair)
      throws Exception {
    List<Double> rates = setting.rounds().run(pair);
    String loop = "beside/c-loop" + (variant.isEmpty() ? "" : "/" + variant);
    report.add(
        variant.isEmpty() ? setting.name() : setting.variant(variant), rates.get(0), UNIT, loop);
    report.add(loop, rates.get(1), UNIT);
  }

  private static TokenProfile concurrent(TokenProfile profile) {
    return new TokenProfile(
        profile.name(),
        profile.library(),
        profile.install(),
        profile.assurance(),
        profile.environment(),
        profile.storage(),
        profile.sessions(),
        CONCURRENT,
        profile.times(),
        profile.replicable());
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
