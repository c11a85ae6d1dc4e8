// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.MalformedHsmConfigException;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.ServerCertificate;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenPlace;
import dev.writ.hsm.TokenProfile;
import dev.writ.hsm.WrappedKeys;
import dev.writ.ledger.Witnesses;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Policy;
import dev.writ.service.AdmittedHosts;
import dev.writ.service.DoorsConfig;
import dev.writ.service.GivenPolicy;
import dev.writ.service.InitiatorsConfig;
import dev.writ.service.IssuerKeys;
import dev.writ.service.ServiceIdentity;
import dev.writ.service.TlsCredentialFiles;
import dev.writ.service.TlsCredentialHsm;
import dev.writ.service.TlsCredentialSource;
import dev.writ.service.TokenLog;
import dev.writ.service.WitnessPlaces;
import dev.writ.service.WritService;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * What a configuration names, read, opened and checked, before a ledger or a door is touched.
 *
 * @param token the open token
 * @param setup of the service
 * @param doors where it will listen
 */
record ServeSetup(Token token, WritService.Setup setup, DoorsConfig doors)
    implements AutoCloseable {
  private static final int MAX_PEM = 4 << 20;

  /**
   * Opens it all.
   *
   * @throws CommandFailure if something is not as it must be; the message says which key of the
   *     configuration names it
   */
  static ServeSetup open(
      ServeConfig config, Provider signatures, InstantSource clock, SecureRandom random)
      throws CommandFailure {
    TrustFile trust = trust(config.trust());
    GivenPolicy policy = policy(config.policy(), config.tenant());
    ServeConfig.Endorsements files = config.endorsements();
    EndorsementTrust endorsements =
        EndorsementFiles.trust(
            "endorsements.", files.roots(), files.intermediates(), files.revocationLists());
    AdmittedHosts admitted = admitted(config);
    List<X509Certificate> clientRoots =
        config.operator().mtls().isEmpty()
            ? List.of()
            : roots("operator.mtls.client_roots", config.operator().mtls().get().clientRoots());
    InitiatorsConfig initiators =
        new InitiatorsConfig(
            config.initiators().oidc(),
            config.initiators().tlsRoots().isEmpty()
                ? List.of()
                : roots("initiators.tls.roots", config.initiators().tlsRoots().get()));
    Token token = token(config.token());
    boolean done = false;
    try {
      KeyInventory inventory = KeyInventory.standard();
      IssuerKeys keys =
          IssuerKeys.open(token, inventory, checkpointKey(config.token(), token, inventory));
      TrustedToken trusted = new TrustedToken(trust, token, keys);
      trusted.require(config.trust());
      DoorsConfig doors = doors(config, keys, clientRoots, clock, random);
      if (doors.tls().isPresent()) {
        trusted.requirePinned(chain(doors.tls().get()), config.trust());
      }
      ServeSetup opened =
          new ServeSetup(
              token,
              new WritService.Setup(
                  new ServiceIdentity(trust.content().issuer(), config.tenant(), trust.logOrigin()),
                  trust,
                  keys,
                  config.ledger(),
                  new WitnessPlaces(config.witnessUrls(), Witnesses.PATIENCE),
                  config.counter().map(TpmAnchorConfig::anchor),
                  config.retention(),
                  policy,
                  endorsements,
                  admitted,
                  config.enrolment(),
                  config.limits().service(),
                  signatures,
                  clock,
                  random,
                  config.token().tpm().map(TpmOwnHost::new),
                  initiators),
              doors);
      done = true;
      return opened;
    } catch (HsmException | IllegalArgumentException e) {
      throw CommandFailure.configuration(e);
    } finally {
      if (!done) {
        token.close();
      }
    }
  }

  /** The trust file that a configuration names. */
  static TrustFile trust(Path file) throws CommandFailure {
    try {
      return TrustFile.parse(BoundedFile.read(file, TrustFile.MAX_BYTES));
    } catch (IOException | MalformedTrustFileException e) {
      throw CommandFailure.configuration("trust: the trust file " + file, e);
    }
  }

  /** Whether a service's configured trust file demands witnesses. */
  static boolean needsWitnesses(ServeConfig config) throws CommandFailure {
    return trust(config.trust()).logPolicy().needsWitnesses();
  }

  private static GivenPolicy policy(Path file, String tenant) throws CommandFailure {
    try {
      GivenPolicy policy = GivenPolicy.parse(BoundedFile.read(file, GivenPolicy.MAX_BYTES));
      var unused = Policy.compile(policy.document());
      Optional<String> why = policy.whyNotFor(tenant);
      if (why.isPresent()) {
        throw CommandFailure.configuration("policy: " + file + ": " + why.get());
      }
      return policy;
    } catch (IOException | MalformedPolicyException | MalformedEnvelopeException e) {
      throw CommandFailure.configuration("policy: the policy " + file, e);
    }
  }

  private static List<X509Certificate> roots(String key, Path file) throws CommandFailure {
    try {
      List<X509Certificate> roots =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(BoundedFile.read(file, MAX_PEM)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (roots.isEmpty()) {
        throw CommandFailure.configuration(
            key + ": " + file + " must hold a PEM certificate, holds none");
      }
      return roots;
    } catch (IOException | CertificateException e) {
      throw CommandFailure.configuration(key + ": " + file, e);
    }
  }

  private static AdmittedHosts admitted(ServeConfig config) throws CommandFailure {
    try {
      return new AdmittedHosts(config.hosts());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration("hosts", e);
    }
  }

  private static Token token(TokenConfig config) throws CommandFailure {
    try {
      TokenPlace token = place(config.place(), TokenLog.ofToken());
      return config.replica().isPresent()
          ? Token.open(token, place(config.replica().get(), TokenLog.ofReplica()))
          : Token.open(token);
    } catch (HsmException | MalformedHsmConfigException e) {
      throw CommandFailure.configuration("token", e);
    }
  }

  private static Optional<Ed25519Key> checkpointKey(
      TokenConfig config, Token token, KeyInventory inventory) throws CommandFailure, HsmException {
    if (config.checkpointKey().isEmpty()) {
      return Optional.empty();
    }
    TokenConfig.KeyPlace place = config.checkpointKey().get();
    try {
      if (place instanceof TokenConfig.KeyPlace.SealedBeside beside) {
        byte[] file = OwnersFile.read(beside.file(), SealedKeyFile.MAX_BYTES);
        TpmSealedKey seal = new TpmSealedKey(beside.pin().file(), beside.pin().tpm());
        return Optional.of(seal.open(file, token, inventory));
      }
      Path wrapped = ((TokenConfig.KeyPlace.Wrapped) place).file();
      return Optional.of(
          WrappedKeys.open(token, inventory, OwnersFile.read(wrapped, WrappedKeys.MAX_FILE_BYTES)));
    } catch (IOException | MalformedHsmConfigException e) {
      throw CommandFailure.configuration("token: the checkpoint key", e);
    }
  }

  private static TokenPlace place(TokenConfig.Place place, TokenLog log)
      throws MalformedHsmConfigException {
    TokenProfile profile = TokenProfile.named(place.profile());
    return new TokenPlace(
        place.library().isPresent() ? profile.withLibrary(place.library().get()) : profile,
        place.label(),
        pin(place.pin()),
        log);
  }

  private static PinSource pin(TokenConfig.PinPlace place) {
    if (place instanceof TokenConfig.PinPlace.Sealed sealed) {
      return PinSource.sealed(new TpmSealedPin(sealed.file(), sealed.tpm()));
    }
    return PinSource.file(((TokenConfig.PinPlace.InFile) place).file());
  }

  private static DoorsConfig doors(
      ServeConfig config,
      IssuerKeys keys,
      List<X509Certificate> clientRoots,
      InstantSource clock,
      SecureRandom random) {
    Optional<TlsCredentialSource> credentials =
        config.listen().tls().map(tls -> credentials(tls.certificate(), keys, clock, random));
    return new DoorsConfig(
        config.listen().http().map(ListenAddress::socketAddress),
        config
            .listen()
            .tls()
            .map(
                tls ->
                    new DoorsConfig.Tls(tls.address().socketAddress(), credentials.orElseThrow())),
        config.operator().socket(),
        config
            .operator()
            .mtls()
            .map(
                mtls ->
                    new DoorsConfig.MutualTls(
                        mtls.address().socketAddress(),
                        credentials.orElseThrow(),
                        clientRoots,
                        mtls.clients(),
                        mtls.authzenUrl())),
        config.metrics().map(ListenAddress::socketAddress),
        config.limits().doors(),
        config.operator().socketRoles());
  }

  /** What the door would show if it opened now. */
  private static List<X509Certificate> chain(DoorsConfig.Tls door) throws CommandFailure {
    try {
      return door.credentials().next().chain();
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw CommandFailure.configuration("listen.tls", e);
    }
  }

  private static TlsCredentialSource credentials(
      ServeConfig.CertificateSource source,
      IssuerKeys keys,
      InstantSource clock,
      SecureRandom random) {
    if (source instanceof ServeConfig.CertificateSource.FromFiles files) {
      return new TlsCredentialFiles(files.chain(), files.key());
    }
    List<String> names = ((ServeConfig.CertificateSource.FromToken) source).names();
    return new TlsCredentialHsm(keys, names, ServerCertificate.MAX_VALIDITY, clock, random);
  }

  @Override
  public void close() {
    token.close();
  }
}
