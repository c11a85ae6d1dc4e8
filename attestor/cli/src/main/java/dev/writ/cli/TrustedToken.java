// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.hsm.Assurance;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.Token;
import dev.writ.service.IssuerKeys;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * A token and the trust file that is to make others believe it. A service whose keys its verifiers do
 * not believe would issue what everybody refuses: better found at its start.
 */
record TrustedToken(TrustFile trust, Token token, IssuerKeys keys) {
  /**
   * Refuses a pair that does not belong together.
   *
   * @param file names the trust file in the message
   */
  void require(Path file) throws CommandFailure {
    TrustContent content = trust.content();
    requireThat(
        content.assurance() == TrustContent.Assurance.DEV
            || token.assurance() == Assurance.HARDWARE,
        file,
        "must be of assurance dev, because the token is in software, and is of assurance hardware");
    requireKey(file, KeyRole.ISSUER, keys.issuer());
    requireKey(file, KeyRole.STATUS, keys.status());
    requireThat(
        isLater(keys.checkpoint())
            || trust.logPolicy().logs().stream()
                .anyMatch(
                    log ->
                        log.key().equals(keys.checkpointSigners(trust.logOrigin()).get(0).key())),
        file,
        "must name the token's checkpoint key in log_policy, and does not");
    requireThat(
        isLater(keys.tls()) || content.tls().contains(keys.tlsPin()),
        file,
        "must pin the token's TLS key " + keys.tlsPin().hex() + " in tls, and does not");
  }

  /**
   * Refuses a chain in which no key is pinned: no agent would speak to a door that shows it.
   *
   * @param file names the trust file in the message
   */
  void requirePinned(List<X509Certificate> chain, Path file) throws CommandFailure {
    List<Hash> pins = new ArrayList<>(trust.content().tls());
    if (isLater(keys.tls())) {
      pins.add(keys.tlsPin());
    }
    requireThat(
        chain.stream()
            .map(certificate -> Hash.sha256(certificate.getPublicKey().getEncoded()))
            .anyMatch(pins::contains),
        file,
        "must pin in tls a key of the chain that listen.tls shows, and does not: its first key is "
            + Hash.sha256(chain.get(0).getPublicKey().getEncoded()).hex());
  }

  /**
   * Where keys of the role went from the token, those that are left may be named by later trust files
   * alone: the service follows these, from its ledger, and says whether it may sign.
   */
  private static boolean isLater(HsmKey oldest) {
    return oldest.spec().generation() > 1;
  }

  private void requireKey(Path file, KeyRole role, HsmKey oldest) throws CommandFailure {
    Hash kid = JwkThumbprint.of(oldest.publicKey());
    requireThat(
        isLater(oldest)
            || trust.content().keys().stream()
                .anyMatch(
                    key ->
                        key.role() == role
                            && key.state() != KeyState.COMPROMISED
                            && key.key().kid().equals(kid)),
        file,
        "must name the token's "
            + role.wire()
            + " key "
            + kid.hex()
            + ", and does not: open the token that belongs to it");
  }

  private static void requireThat(boolean holds, Path file, String sentence) throws CommandFailure {
    if (!holds) {
      throw CommandFailure.configuration("trust: the trust file " + file + " " + sentence);
    }
  }
}
