// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeyCeremony;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.MalformedHsmConfigException;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenEvents;
import dev.writ.hsm.TokenPlace;
import dev.writ.hsm.TokenProfile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** A SoftHSM token with the service's keys, for one test class. */
final class ServiceToken implements AutoCloseable {
  private final TokenProfile profile;
  private final SoftHsmToken softHsm;
  private final Optional<SoftHsmToken> replica;
  private Token token;
  private IssuerKeys keys;

  private ServiceToken(
      TokenProfile profile,
      SoftHsmToken softHsm,
      Optional<SoftHsmToken> replica,
      Token token,
      IssuerKeys keys) {
    this.profile = profile;
    this.softHsm = softHsm;
    this.replica = replica;
    this.token = token;
    this.keys = keys;
  }

  /** Makes the token, and the keys in it. */
  static ServiceToken create() throws Exception {
    return create(TokenProfile.named("softhsm2"));
  }

  /** The same, of another profile. */
  static ServiceToken create(TokenProfile profile) throws Exception {
    SoftHsmToken softHsm = BlankTokens.next();
    Token token = open(profile, softHsm, Optional.empty());
    makeKeys(token);
    return new ServiceToken(
        profile, softHsm, Optional.empty(), token, IssuerKeys.open(token, KeyInventory.standard()));
  }

  /**
   * The same, with a replica.
   *
   * @param maker a module of its own, in which the keys are made: another sees the replica only if it is
   *     loaded afterwards
   */
  static ServiceToken createReplicated(TokenProfile profile, TokenProfile maker) throws Exception {
    SoftHsmToken softHsm = BlankTokens.next();
    try (Token token = open(maker, softHsm, Optional.empty())) {
      makeKeys(token);
    }
    Optional<SoftHsmToken> replica = Optional.of(softHsm.replicate("replica"));
    Token token = open(profile, softHsm, replica);
    return new ServiceToken(
        profile, softHsm, replica, token, IssuerKeys.open(token, KeyInventory.standard()));
  }

  private static void makeKeys(Token token) throws HsmException {
    CeremonyOutcome outcome =
        KeyCeremony.init(
            token, KeyInventory.standard(), InstantSource.fixed(Instant.now()), new SecureRandom());
    if (!(outcome instanceof CeremonyOutcome.Born)) {
      throw new AssertionError(outcome);
    }
  }

  private static Token open(
      TokenProfile profile, SoftHsmToken softHsm, Optional<SoftHsmToken> replica)
      throws HsmException {
    return replica.isPresent()
        ? Token.open(place(profile, softHsm), place(profile, replica.get()))
        : Token.open(place(profile, softHsm));
  }

  private static TokenPlace place(TokenProfile profile, SoftHsmToken softHsm) {
    return new TokenPlace(
        profile, softHsm.label(), PinSource.file(softHsm.pinFile()), TokenEvents.SILENT);
  }

  /** The token's label. */
  String label() {
    return softHsm.label();
  }

  IssuerKeys keys() {
    return keys;
  }

  /** A key pair without its certificate, as a process leaves it that dies at a key's birth. */
  void makePairAlone(KeySpec spec) throws Exception {
    ProcessBuilder tool =
        new ProcessBuilder(
            "pkcs11-tool",
            "--module",
            profile.library().toString(),
            "--token-label",
            softHsm.label(),
            "--login",
            "--pin",
            "env:TOKEN_PIN",
            "--keypairgen",
            "--key-type",
            "EC:prime256v1",
            "--usage-sign",
            "--label",
            spec.label(),
            "--id",
            spec.idHex());
    tool.environment().put("TOKEN_PIN", Files.readString(softHsm.pinFile()).strip());
    Process running = tool.redirectErrorStream(true).start();
    String said = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (running.waitFor() != 0) {
      throw new AssertionError(said);
    }
  }

  /** The keys that another ceremony makes in the token: a service's that is another. */
  IssuerKeys strangersKeys() throws HsmException, MalformedHsmConfigException {
    KeyInventory inventory = strangersInventory();
    CeremonyOutcome outcome =
        KeyCeremony.init(token, inventory, InstantSource.fixed(Instant.now()), new SecureRandom());
    if (!(outcome instanceof CeremonyOutcome.Born)) {
      throw new AssertionError(outcome);
    }
    return IssuerKeys.open(token, inventory);
  }

  /** Their names. */
  static KeyInventory strangersInventory() throws MalformedHsmConfigException {
    return KeyInventory.parse(
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
  }

  /** What happens when the token is pulled out. */
  void logOut() {
    token.close();
  }

  /** Puts it back; keys that were opened before sign no more. */
  void logIn() throws HsmException {
    token = open(profile, softHsm, replica);
    keys = IssuerKeys.open(token, KeyInventory.standard());
  }

  @Override
  public void close() {
    token.close();
  }
}
