// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeyCeremony;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.MalformedHsmConfigException;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenProfile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** A SoftHSM token with the service's keys, for one test class. */
final class ServiceToken implements AutoCloseable {
  private final TokenProfile profile;
  private final SoftHsmToken softHsm;
  private Token token;
  private IssuerKeys keys;

  private ServiceToken(TokenProfile profile, SoftHsmToken softHsm, Token token, IssuerKeys keys) {
    this.profile = profile;
    this.softHsm = softHsm;
    this.token = token;
    this.keys = keys;
  }

  /** Makes the token, and the keys in it. */
  static ServiceToken create() throws Exception {
    return create(TokenProfile.named("softhsm2"));
  }

  /** The same, of another profile. */
  static ServiceToken create(TokenProfile profile) throws Exception {
    byte[] label = new byte[8];
    new SecureRandom().nextBytes(label);
    SoftHsmToken softHsm = SoftHsmToken.inEnvironment("service-" + HexFormat.of().formatHex(label));
    Token token = open(profile, softHsm);
    CeremonyOutcome outcome =
        KeyCeremony.init(
            token, KeyInventory.standard(), InstantSource.fixed(Instant.now()), new SecureRandom());
    if (!(outcome instanceof CeremonyOutcome.Born)) {
      throw new AssertionError(outcome);
    }
    return new ServiceToken(
        profile, softHsm, token, IssuerKeys.open(token, KeyInventory.standard()));
  }

  private static Token open(TokenProfile profile, SoftHsmToken softHsm) throws HsmException {
    return Token.open(profile, softHsm.label(), PinSource.file(softHsm.pinFile()));
  }

  IssuerKeys keys() {
    return keys;
  }

  /** The keys that another ceremony makes in the token: a service's that is another. */
  IssuerKeys strangersKeys() throws HsmException, MalformedHsmConfigException {
    KeyInventory inventory =
        KeyInventory.parse(
            "stranger",
            """
            issuer.algorithm = P-256
            issuer.label = stranger-issuer
            issuer.id = 11
            issuer.valid_days = 730
            checkpoint.algorithm = P-256
            checkpoint.label = stranger-checkpoint
            checkpoint.id = 12
            status.algorithm = P-256
            status.label = stranger-status
            status.id = 13
            status.valid_days = 730
            tls.algorithm = P-256
            tls.label = stranger-tls
            tls.id = 14
            attestation.algorithm = P-256
            attestation.label = stranger-ak-ca
            attestation.id = 15
            checkpoint-ed25519.algorithm = Ed25519
            checkpoint-ed25519.label = stranger-checkpoint-ed25519
            checkpoint-ed25519.id = 16
            """
                .getBytes(StandardCharsets.UTF_8));
    CeremonyOutcome outcome =
        KeyCeremony.init(token, inventory, InstantSource.fixed(Instant.now()), new SecureRandom());
    if (!(outcome instanceof CeremonyOutcome.Born)) {
      throw new AssertionError(outcome);
    }
    return IssuerKeys.open(token, inventory);
  }

  /** What happens when the token is pulled out. */
  void logOut() {
    token.close();
  }

  /** Puts it back; keys that were opened before sign no more. */
  void logIn() throws HsmException {
    token = open(profile, softHsm);
    keys = IssuerKeys.open(token, KeyInventory.standard());
  }

  @Override
  public void close() throws IOException {
    token.close();
    remove(SoftHsmToken.environmentFolder());
  }

  private static void remove(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walked = Files.walk(folder)) {
      all = walked.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
