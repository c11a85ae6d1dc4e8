// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.hsm.AkCertificate;
import dev.writ.hsm.ServerCertificate;
import dev.writ.ledger.RetentionPeriod;
import dev.writ.ledger.StoreConfig;
import dev.writ.service.EnrolmentTerms;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code writ serve} is configured with: one YAML file, above it the environment, above that the
 * command line. docs/OPERATIONS.md says what each key means.
 *
 * @param tenant on whose behalf the service issues
 * @param trust the trust file; issuer and ledger's name come from it
 * @param token where the keys are
 * @param ledger where the ledger is, or will be
 * @param counter contradicts a ledger that was put back
 * @param retention how long payloads are kept; where it is absent, until an operator erases them
 * @param witnessUrls where witnesses of the trust file are, by name, in the place of what that says
 * @param webhooks where revocations are posted
 * @param policy the policy document to put in force
 * @param endorsements the TPM makers that are believed
 * @param enrolment what else was decided of enrolment
 * @param hosts admitted before they ask: names by the digest of their endorsement key
 * @param listen the public doors; at least one
 * @param operator the operator's doors; at least one
 * @param metrics where metrics can be read besides the operator's doors; loopback
 * @param initiators by whose word an initiator is known
 * @param limits what a caller may use up
 * @param logLevel what is logged at all
 */
record ServeConfig(
    String tenant,
    Path trust,
    TokenConfig token,
    StoreConfig ledger,
    Optional<TpmAnchorConfig> counter,
    Optional<RetentionPeriod> retention,
    Map<String, URI> witnessUrls,
    List<WebhookPlace> webhooks,
    Path policy,
    Endorsements endorsements,
    EnrolmentTerms enrolment,
    Map<Hash, String> hosts,
    Listen listen,
    OperatorDoors operator,
    Optional<ListenAddress> metrics,
    InitiatorPlaces initiators,
    ServeLimits limits,
    LogLevel logLevel) {

  /** The keys that hold a single value: what the environment and {@code --set} can say. */
  static final Set<String> SINGLE_VALUES = singleValues();

  private static final ConfigKeys KEYS = new ConfigKeys(keys());

  /**
   * Files in PEM or DER, and folders of such.
   *
   * @param roots believed
   * @param intermediates believed below a root
   * @param revocationLists of issuers in between
   */
  record Endorsements(List<Path> roots, List<Path> intermediates, List<Path> revocationLists) {}

  /**
   * The public doors.
   *
   * @param http plain, on loopback
   * @param tls TLS 1.3
   */
  record Listen(Optional<ListenAddress> http, Optional<Tls> tls) {}

  /**
   * A TLS door.
   *
   * @param address where
   * @param certificate by what it proves itself
   */
  record Tls(ListenAddress address, CertificateSource certificate) {}

  /** Where a door's certificate comes from. */
  sealed interface CertificateSource {
    /**
     * Issued by the token's CA key, for these names, and renewed.
     *
     * @param names DNS names and IP addresses
     */
    record FromToken(List<String> names) implements CertificateSource {}

    /**
     * PEM files.
     *
     * @param chain the certificate, then what stands between it and its root
     * @param key its private key, mode 0600
     */
    record FromFiles(Path chain, Path key) implements CertificateSource {}
  }

  /** What is logged. */
  enum LogLevel {
    error,
    warning,
    info,
    debug
  }

  /** The configuration in {@code file}, with what stands above it. */
  static ServeConfig read(Path file, Map<String, String> environment, Map<String, String> options)
      throws IOException, MalformedConfigurationException {
    byte[] bytes = BoundedFile.read(file, ConfigYaml.MAX_BYTES);
    return of(
        new ConfigOverrides(SINGLE_VALUES)
            .apply(ConfigYaml.parse(file, bytes), environment, options));
  }

  /** The same for a command, whose failure it is if it cannot be read. */
  static ServeConfig read(Path file, Map<String, String> options) throws CommandFailure {
    try {
      return read(file, System.getenv(), options);
    } catch (IOException e) {
      throw CommandFailure.configuration("the configuration " + file, e);
    } catch (MalformedConfigurationException e) {
      throw CommandFailure.configuration(e);
    }
  }

  static ServeConfig of(ConfigNode.Mapping root) throws MalformedConfigurationException {
    KEYS.requireKnown(root);
    ConfigSection all = ConfigSection.of(root);
    Listen listen = listen(all.section("listen"));
    TokenConfig token = TokenConfig.of(all.section("token"));
    ConfigSection ledger = all.section("ledger");
    return new ServeConfig(
        all.text("tenant"),
        all.path("trust"),
        token,
        LedgerPlace.of(ledger),
        TpmAnchorConfig.of(ledger, token),
        LedgerPlace.retention(ledger),
        witnessUrls(all),
        WebhookPlace.of(all),
        all.path("policy"),
        endorsements(all.section("endorsements")),
        enrolment(all.sectionOrEmpty("enrolment")),
        hosts(all),
        listen,
        OperatorDoors.of(all.section("operator"), listen),
        all.optionalAddress("metrics"),
        InitiatorPlaces.of(all.sectionOrEmpty("initiators")),
        ServeLimits.of(all.sectionOrEmpty("limits")),
        logLevel(all.sectionOrEmpty("log")));
  }

  private static Endorsements endorsements(ConfigSection section)
      throws MalformedConfigurationException {
    Endorsements endorsements =
        new Endorsements(
            section.paths("roots"),
            section.paths("intermediates"),
            section.paths("revocation_lists"));
    if (endorsements.roots().isEmpty()) {
      throw section.refused("roots", "a list of at least one file or folder");
    }
    return endorsements;
  }

  private static EnrolmentTerms enrolment(ConfigSection section)
      throws MalformedConfigurationException {
    EnrolmentTerms standard = EnrolmentTerms.STANDARD;
    return new EnrolmentTerms(
        section
            .optional(
                "expired",
                "one of admit, deny",
                word -> Optional.of(word.equals("admit")).filter(a -> a || word.equals("deny")))
            .orElse(standard.admitsExpired()),
        Duration.ofDays(
            section.number(
                "ak_certificate_days",
                1,
                (int) AkCertificate.MAX_VALIDITY.toDays(),
                (int) standard.akValidity().toDays())));
  }

  private static Map<Hash, String> hosts(ConfigSection all) throws MalformedConfigurationException {
    Map<Hash, String> hosts = new LinkedHashMap<>();
    for (ConfigSection host : all.sections("hosts")) {
      Hash digest =
          host.parsed(
              "ek_digest", "64 lower-case hexadecimal digits, a SHA-256", ServeConfig::digest);
      if (hosts.put(digest, host.text("name")) != null) {
        throw host.refused("ek_digest", "of a key that is listed once");
      }
    }
    return hosts;
  }

  private static Map<String, URI> witnessUrls(ConfigSection all)
      throws MalformedConfigurationException {
    Map<String, URI> urls = new LinkedHashMap<>();
    for (ConfigSection witness : all.sections("witnesses")) {
      URI url = witness.parsed("url", "a URL", ServeConfig::uri);
      if (urls.put(witness.text("name"), url) != null) {
        throw witness.refused("name", "of a witness that is listed once");
      }
    }
    return urls;
  }

  private static Optional<URI> uri(String text) {
    try {
      return Optional.of(new URI(text));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  static Optional<Hash> digest(String hex) {
    try {
      return Optional.of(Hash.fromHex(hex));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Listen listen(ConfigSection section) throws MalformedConfigurationException {
    Optional<ListenAddress> http = section.optionalAddress("http");
    Optional<ConfigSection> tls = section.optionalSection("tls");
    if (http.isEmpty() && tls.isEmpty()) {
      throw section.refused("have http or tls, or both");
    }
    return new Listen(http, tls.isEmpty() ? Optional.empty() : Optional.of(tls(tls.get())));
  }

  private static Tls tls(ConfigSection section) throws MalformedConfigurationException {
    ListenAddress address = section.address("address");
    List<String> names =
        section.texts("names", "a list of DNS names and IP addresses", ServerCertificate::isName);
    Optional<Path> chain = section.optionalPath("certificate");
    Optional<Path> key = section.optionalPath("key");
    if (names.isEmpty() && chain.isPresent() && key.isPresent()) {
      return new Tls(address, new CertificateSource.FromFiles(chain.get(), key.get()));
    }
    if (!names.isEmpty() && chain.isEmpty() && key.isEmpty()) {
      return new Tls(address, new CertificateSource.FromToken(names));
    }
    throw section.refused(
        "have either names, for a certificate of the token's CA, or both certificate and key");
  }

  private static LogLevel logLevel(ConfigSection log) throws MalformedConfigurationException {
    return log.optional(
            "level",
            "one of error, warning, info, debug",
            word ->
                List.of(LogLevel.values()).stream().filter(l -> l.name().equals(word)).findAny())
        .orElse(LogLevel.info);
  }

  /** All keys, those of lists as {@link ConfigKeys} writes them. */
  static Set<String> keys() {
    Set<String> keys = new LinkedHashSet<>(SINGLE_VALUES);
    keys.addAll(
        List.of(
            "endorsements.roots",
            "endorsements.intermediates",
            "endorsements.revocation_lists",
            "hosts[].name",
            "hosts[].ek_digest",
            "witnesses[].name",
            "witnesses[].url",
            "listen.tls.names"));
    WebhookPlace.KEYS.forEach(key -> keys.add("webhooks[]." + key));
    OperatorDoors.LISTS.forEach(key -> keys.add("operator." + key));
    InitiatorPlaces.ISSUER_KEYS.forEach(key -> keys.add("initiators.oidc[]." + key));
    return keys;
  }

  private static Set<String> singleValues() {
    Set<String> keys =
        new LinkedHashSet<>(
            List.of(
                "tenant",
                "trust",
                "policy",
                "enrolment.expired",
                "enrolment.ak_certificate_days",
                "listen.http",
                "listen.tls.address",
                "listen.tls.certificate",
                "listen.tls.key",
                "operator.socket",
                "operator.mtls.address",
                "operator.mtls.authzen_url",
                "operator.mtls.client_roots",
                "initiators.tls.roots",
                "metrics",
                "log.level"));
    LedgerPlace.KEYS.forEach(key -> keys.add("ledger." + key));
    TpmAnchorConfig.KEYS.forEach(key -> keys.add("ledger.tpm_anchor." + key));
    TokenConfig.KEYS.forEach(key -> keys.add("token." + key));
    ServeLimits.KEYS.forEach(key -> keys.add("limits." + key));
    return Set.copyOf(keys);
  }
}
