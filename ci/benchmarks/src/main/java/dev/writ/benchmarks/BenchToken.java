// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeyCeremony;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.MalformedHsmConfigException;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenProfile;
import dev.writ.service.IssuerKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;

/** A new SoftHSM token with a service's keys in it, for the time of one run. */
final class BenchToken implements AutoCloseable {
  private static final String LABEL = "writ-bench";

  private final SoftHsmToken softHsm;
  private TokenProfile profile;
  private Token token;
  private IssuerKeys keys;

  private BenchToken(TokenProfile profile, SoftHsmToken softHsm, Token token, IssuerKeys keys) {
    this.profile = profile;
    this.softHsm = softHsm;
    this.token = token;
    this.keys = keys;
  }

  static BenchToken make()
      throws IOException, InterruptedException, HsmException, MalformedHsmConfigException {
    return make(TokenProfile.named("softhsm2"));
  }

  /** One that is reached as {@code profile} says, which must lead to SoftHSM. */
  static BenchToken make(TokenProfile profile)
      throws IOException, InterruptedException, HsmException {
    SoftHsmToken softHsm = SoftHsmToken.inEnvironment(LABEL);
    Token token = Token.open(profile, LABEL, PinSource.file(softHsm.pinFile()));
    KeyInventory inventory = KeyInventory.standard();
    CeremonyOutcome outcome =
        KeyCeremony.init(token, inventory, InstantSource.system(), new SecureRandom());
    if (!(outcome instanceof CeremonyOutcome.Born)) {
      throw new IllegalStateException("a new token must take new keys, and gave " + outcome);
    }
    return new BenchToken(profile, softHsm, token, IssuerKeys.open(token, inventory));
  }

  /** From here on the token is reached as {@code other} says; keys that were taken sign no more. */
  void reopen(TokenProfile other) throws HsmException {
    token.close();
    profile = other;
    token = Token.open(other, LABEL, PinSource.file(softHsm.pinFile()));
    keys = IssuerKeys.open(token, KeyInventory.standard());
  }

  IssuerKeys keys() {
    return keys;
  }

  /** The PKCS#11 module. */
  Path module() {
    return profile.library();
  }

  String label() {
    return LABEL;
  }

  Path pinFile() {
    return softHsm.pinFile();
  }

  @Override
  public void close() throws IOException {
    token.close();
    softHsm.close();
  }
}
