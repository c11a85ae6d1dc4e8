// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.service.DoorsConfig;
import dev.writ.service.TlsCredentialFiles;
import dev.writ.service.WitnessDoors;
import dev.writ.tlog.MalformedNoteKeyException;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.WitnessRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code writ witness} is configured with: one YAML file, above it the environment, above that the
 * command line. docs/OPERATIONS.md says what each key means.
 *
 * @param name under which it cosigns
 * @param key its private key, mode 0600
 * @param folder its memory
 * @param rule the logs that it knows
 * @param listen its doors; at least one
 * @param limits what a caller may use up
 */
record WitnessConfig(
    String name,
    Path key,
    Path folder,
    WitnessRule rule,
    ServeConfig.Listen listen,
    DoorsConfig.Limits limits) {

  private static final Set<String> SINGLE_VALUES =
      Set.of(
          "name",
          "key",
          "folder",
          "listen.http",
          "listen.tls.address",
          "listen.tls.certificate",
          "listen.tls.key",
          "limits.connections",
          "limits.requests",
          "limits.rate_per_s",
          "limits.rate_burst");

  private static final ConfigKeys KEYS = new ConfigKeys(keys());
  private static final int MAX_COUNT = 100_000;
  private static final int CONNECTIONS = 1_000;
  private static final int REQUESTS = 256;
  private static final int RATE_PER_SECOND = 1_000;
  private static final int RATE_BURST = 2_000;

  /** The configuration in {@code file}, with what stands above it. */
  static WitnessConfig read(Path file, Map<String, String> environment, Map<String, String> options)
      throws IOException, MalformedConfigurationException {
    byte[] bytes = BoundedFile.read(file, ConfigYaml.MAX_BYTES);
    return of(
        new ConfigOverrides(SINGLE_VALUES)
            .apply(ConfigYaml.parse(file, bytes), environment, options));
  }

  /** The same for a command, whose failure it is if it cannot be read. */
  static WitnessConfig read(Path file, Map<String, String> options) throws CommandFailure {
    try {
      return read(file, System.getenv(), options);
    } catch (IOException e) {
      throw CommandFailure.configuration("the configuration " + file, e);
    } catch (MalformedConfigurationException e) {
      throw CommandFailure.configuration(e);
    }
  }

  static WitnessConfig of(ConfigNode.Mapping root) throws MalformedConfigurationException {
    KEYS.requireKnown(root);
    ConfigSection all = ConfigSection.of(root);
    return new WitnessConfig(
        all.parsed("name", WitnessKeyFile.NAME_FORM, WitnessKeyFile::name),
        all.path("key"),
        all.path("folder"),
        rule(all),
        listen(all.section("listen")),
        limits(all.sectionOrEmpty("limits")));
  }

  private static WitnessRule rule(ConfigSection all) throws MalformedConfigurationException {
    String mustBe = "a list of logs' vkeys, of type 0x01, 0x02 or 0x05, each once";
    List<NoteKey> keys = new ArrayList<>();
    for (String vkey : all.texts("logs", mustBe, text -> true)) {
      try {
        keys.add(NoteKey.parse(vkey));
      } catch (MalformedNoteKeyException e) {
        throw all.refused("logs", mustBe + " (" + e.getMessage() + ")");
      }
    }
    try {
      if (!keys.isEmpty()) {
        return new WitnessRule(keys);
      }
    } catch (IllegalArgumentException e) {
      // Said below: a cosigner's key, or one twice.
    }
    throw all.refused("logs", mustBe);
  }

  private static ServeConfig.Listen listen(ConfigSection section)
      throws MalformedConfigurationException {
    Optional<ListenAddress> http = section.optionalAddress("http");
    Optional<ConfigSection> tls = section.optionalSection("tls");
    if (http.isEmpty() && tls.isEmpty()) {
      throw section.refused("have http or tls, or both");
    }
    return new ServeConfig.Listen(
        http,
        tls.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new ServeConfig.Tls(
                    tls.get().address("address"),
                    new ServeConfig.CertificateSource.FromFiles(
                        tls.get().path("certificate"), tls.get().path("key")))));
  }

  private static DoorsConfig.Limits limits(ConfigSection section)
      throws MalformedConfigurationException {
    int perSecond = section.number("rate_per_s", 0, MAX_COUNT, RATE_PER_SECOND);
    int burst = section.number("rate_burst", 1, MAX_COUNT, Math.max(RATE_BURST, perSecond));
    return WitnessDoors.limits(
        section.number("connections", 1, MAX_COUNT, CONNECTIONS),
        section.number("requests", 1, MAX_COUNT, REQUESTS),
        perSecond == 0 ? Optional.empty() : Optional.of(new DoorsConfig.Rate(perSecond, burst)));
  }

  /** Where it listens. */
  DoorsConfig doors() {
    return new DoorsConfig(
        listen.http().map(ListenAddress::socketAddress),
        listen
            .tls()
            .map(
                tls ->
                    new DoorsConfig.Tls(
                        tls.address().socketAddress(), credentials(tls.certificate()))),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        limits);
  }

  private static TlsCredentialFiles credentials(ServeConfig.CertificateSource source) {
    if (source instanceof ServeConfig.CertificateSource.FromFiles files) {
      return new TlsCredentialFiles(files.chain(), files.key());
    }
    throw new IllegalStateException("bug: a witness has no token to have a certificate from");
  }

  private static Set<String> keys() {
    Set<String> keys = new LinkedHashSet<>(SINGLE_VALUES);
    keys.add("logs");
    return keys;
  }
}
