// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static dev.writ.cli.ServeConfigText.DIGEST;
import static dev.writ.cli.ServeConfigText.LEAST;
import static dev.writ.cli.ServeConfigText.MOST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations of {@code writ serve} that are refused: each with its file and line. */
class ServeConfigRefusalsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "tenant: acme | # none | 2 | tenant must be given",
        "tenant: acme | tennant: acme | 1 | tennant must not be there: a configuration has the keys endorsements, enrolment, hosts,",
        "tenant: acme | tenant: acme¶extra: 1 | 2 | extra must not be there: a configuration has",
        "  label: writ | label: writ¶  pin: 1 | 5 | token.pin must not be there: token has",
        "tenant: acme | tenant: acme¶tenant: b | 2 | the key tenant must be given once",
        "tenant: acme | tenant: 5 | 1 | tenant must be text",
        "tenant: acme | tenant: true | 1 | tenant must be text",
        "tenant: acme | tenant: | 1 | tenant must be text",
        "tenant: acme | tenant: [acme] | 1 | tenant must be text",
        "tenant: acme | tenant: !!str acme | 1 | must have no tags",
        "tenant: acme | tenant: &a acme | 1 | must be written out, without anchors",
        "tenant: acme | tenant: *a | 1 | must be written out, without anchors",
        "tenant: acme | tenant: \"acme | 15 | must be YAML, and is not",
        "  label: writ | # none | 5 | token.label must be given",
        "  folder: ledger | folder: ledger¶  payload_days: 0 | 8 | ledger.payload_days must be a number from 1 to 3650",
        "  folder: ledger | folder: ledger¶  payload_days: 3651 | 8 | ledger.payload_days must be a number from 1 to 3650",
        "  folder: ledger | folder: ledger¶  payload_days: forever | 8 | ledger.payload_days must be a number from 1 to 3650",
        "  label: writ | labels: writ | 4 | token.labels must not be there: token has the keys label, library, pin_file, profile, replica, sealed_key, sealed_pin, tpm, wrapped_key",
        "  http: 127.0.0.1:8080 | tls: {adress: 127.0.0.1:1, names: [a]} | 12 | listen.tls.adress must not be there: listen.tls has the keys address, certificate, key, names",
        "tenant: acme | tennant: acme¶hosts: [{name: a}, {nam: b}] | 1 | tennant must not",
        "tenant: acme | hosts: [{name: a}, {nam: b}] | 1 | hosts[1].nam must not be there: hosts[1] has the keys ek_digest, name",
        "tenant: acme | tenant: acme¶hosts: {nam: b} | 2 | hosts must be a list",
        "tenant: acme | tenant: {tenant: acme} | 1 | tenant must be text",
        "  label: writ | label: writ¶  library: lib/module.so | 5 | token.library must be an absolute path of",
        "  label: writ | label: writ¶  library: /opt/${x}.so | 5 | token.library must be an absolute path of",
        "  label: writ | label: writ¶  library: [/opt/x.so] | 5 | token.library must be an absolute path of",
        "  label: writ | label: writ¶  replica: {profile: luna7} | 5 | token.replica.label must be given",
        "  label: writ | label: writ¶  replica: {label: b, tpm: 'tabrmd:'} | 5 | token.replica must have either pin_file or sealed_pin",
        "  label: writ | label: writ¶  replica: {label: b, of: c} | 5 | token.replica.of must not be there",
        "  label: writ | label: writ¶  sealed_key: s | 4 | token must have sealed_key beside sealed_pin alone",
        "  label: writ | label: writ¶  sealed_pin: s | 4 | token must have either pin_file or sealed_pin",
        "  pin_file: /run/credentials/pin | # none | 4 | token must have either pin_file or sealed_pin",
        "  roots: [roots.pem] | roots: [] | 10 | endorsements.roots must be a list of at least one",
        "  roots: [roots.pem] | roots: roots.pem | 10 | endorsements.roots must be a list",
        "  http: 127.0.0.1:8080 | http: 8080 | 12 | listen.http must be ADDRESS:PORT",
        "  http: 127.0.0.1:8080 | http: 127.0.0.1:65536 | 12 | listen.http must be ADDRESS:PORT",
        "  http: 127.0.0.1:8080 | {} | 12 | listen must have http or tls",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1} | 12 | listen.tls must have either",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1, names: [a], key: k, certificate: c} | 12 | listen.tls must have either",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1, names: [build_7]} | 12 | listen.tls.names must be a list of DNS names and IP addresses, was",
        "  http: 127.0.0.1:8080 | tls:¶    address: 127.0.0.1:1¶    names:¶      - a¶      - 192.0.2.999 | 16 | listen.tls.names must be a list of DNS names",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1, names: [2001:db8::g]} | 12 | listen.tls.names must be a list of DNS",
        "  socket: operator.sock | {} | 14 | operator must have socket or mtls",
        "  socket: operator.sock | mtls: {address: 127.0.0.1:1, client_roots: r} | 14 | operator.mtls must stand beside",
        "  socket: operator.sock | socket_roles: [operator] | 14 | operator must have socket or mtls",
        "tenant: acme | tenant: acme¶hosts: [{name: a, ek_digest: 00}] | 2 | hosts[0].ek_digest must be 64",
        "tenant: acme | tenant: acme¶hosts: [a] | 2 | hosts must be a section",
        "tenant: acme | tenant: acme¶limits: {body_bytes: 0} | 2 | limits.body_bytes must be a number from 1",
        "tenant: acme | tenant: acme¶limits: {body_bytes: 1.5} | 2 | limits.body_bytes must be a number from 1",
        "tenant: acme | tenant: acme¶enrolment: {expired: maybe} | 2 | enrolment.expired must be one of admit, deny",
        "tenant: acme | tenant: acme¶enrolment: {ak_certificate_days: 0} | 2 | enrolment.ak_certificate_days must be a number from 1 to 1096",
        "tenant: acme | tenant: acme¶log: {level: loud} | 2 | log.level must be one of error",
        "tenant: acme | tenant: acme¶--- | 2 | must be one document",
      })
  void config_wrong_isRefusedWithFileAndLine(
      String right, String wrong, int line, String expected) {
    String text = LEAST.replace(right, wrong.replace('¶', '\n'));
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(MalformedConfigurationException.class)
        .hasMessageStartingWith(folder.resolve("serve.yaml") + ":" + line + ": " + expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing\n",
        "- a list\n",
        "a word\n",
        "\t",
        "? [a]\n: b\n",
        "tenant: \"\\UFFFFFFFF\"\n"
      })
  void config_noSection_isRefused(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(MalformedConfigurationException.class);
  }

  @Test
  void config_notUtf8_isRefused() throws Exception {
    Path file = folder.resolve("serve.yaml");
    Files.write(file, "tenant: \u00e4".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ServeConfig.read(file, Map.of(), Map.of()))
        .hasMessage(file + ": must be UTF-8, and is not");
  }

  @Test
  void config_tooLong_isRefused() {
    assertThatThrownBy(() -> read("#".repeat(ConfigYaml.MAX_BYTES + 1)))
        .hasMessageContaining("must be at most");
  }

  /** A chain of aliases that would fill the memory is refused at its first anchor. */
  @Test
  void config_deepNesting_isRefused() {
    assertThatThrownBy(() -> read("tenant: " + "[".repeat(50) + "]".repeat(50)))
        .hasMessageContaining("levels deep");
  }

  @Test
  void config_oneKeyOfTwoHosts_isRefused() {
    String twice =
        "hosts: [{name: a, ek_digest: " + DIGEST + "}, {name: b, ek_digest: " + DIGEST + "}]\n";
    assertThatThrownBy(() -> read(LEAST + twice))
        .hasMessageContaining("of a key that is listed once");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "- uri: spiffe://acme.example/ops/alice | - spki_sha256: 00 | spki_sha256 must be 64 lower-case",
        "uri: spiffe://acme.example/ops/alice | uri: alice | uri must be an absolute URI",
        "roles: [operator] | roles: [root] | operator.mtls.roles[0].roles must be a list of roles",
        "roles: [operator] | roles: [] | operator.mtls.roles[0].roles must be a list of roles",
        "[operator, auditor] | [] | operator.socket_roles must be a list of roles",
        "[operator, auditor] | [runtime] | operator.socket_roles must be a list of roles",
        "jwks_file: ci-keys.json | max_age_s: 1 | initiators.oidc[1] must have either jwks, a URL,",
        "https://idp.example/keys | http://idp.example/keys | must be https://, or http:// with localhost",
        "https://idp.example/keys | http://127.0.0.1.example/ | must be https://, or http:// with localhost",
        "https://idp.example/keys | https://a@idp.example/ | must be https://, or http:// with localhost",
        "https://idp.example/keys | file:///keys | must be https://, or http:// with localhost",
        "require_nonce: true | require_nonce: maybe | require_nonce must be one of true, false",
        "max_age_s: 300 | max_age_s: 0 | max_age_s must be a number from 1 to 604800",
        "name: ci | name: CI | an issuer's name must be 1 to 32 characters",
        "name: ci | name: corp | a name and an issuer of its own",
        "issuer: https://ci.example | issuer: https://idp.example | a name and an issuer of its own",
        "audience: writ | max_age_s: 1 | must be given once",
        "https://writ.example:8444 | http://writ.example | operator.mtls.authzen_url must be https://HOST",
        "https://writ.example:8444 | https://writ.example/tenant | operator.mtls.authzen_url must be https://HOST",
        "https://writ.example:8444 | https://a@writ.example | operator.mtls.authzen_url must be https://HOST",
        "subject_claim: email | claim: email | initiators.oidc[0].claim must not be there",
      })
  void config_rolesOrInitiatorsThatAreWrong_areRefused(
      String right, String wrong, String expected) {
    String text = MOST.replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(wrong));
    assertThat(text).isNotEqualTo(MOST);
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(MalformedConfigurationException.class)
        .hasMessageContaining(expected);
  }

  /** Whoever had a certificate could do everything before; nobody is given that by an upgrade. */
  @Test
  void config_mtlsWithoutRoles_isRefusedAndSaysHowToGoOn() {
    String text = MOST.replaceFirst("    roles:\n(      .*\n)+", "");
    assertThat(text).doesNotContain("spiffe://acme.example/ops/alice");
    assertThatThrownBy(() -> read(text))
        .hasMessageContaining("operator.mtls must have roles: a certificate under client_roots")
        .hasMessageContaining("operator and security_officer");
  }

  private ServeConfig read(String text) throws Exception {
    return ServeConfigText.read(folder, text);
  }
}
