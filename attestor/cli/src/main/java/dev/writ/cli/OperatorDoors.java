// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.service.OperatorClients;
import dev.writ.service.Role;
import dev.writ.tlog.Hash;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The section {@code operator}: the operators' doors, and who may do what there.
 *
 * @param socket a Unix socket
 * @param socketRoles of whoever may open it
 * @param mtls TLS with client certificates
 */
record OperatorDoors(Optional<Path> socket, Set<Role> socketRoles, Optional<Mtls> mtls) {
  /** Its lists. */
  static final List<String> LISTS =
      List.of("socket_roles", "mtls.roles[].uri", "mtls.roles[].spki_sha256", "mtls.roles[].roles");

  private static final Pattern AUTHZEN_URL =
      Pattern.compile("https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?");

  private static final String ROLES =
      "a list of roles, each one of operator, security_officer, auditor, gateway";

  /**
   * A door that asks for client certificates.
   *
   * @param address where
   * @param clientRoots PEM file of the roots under which clients are believed
   * @param clients who of them has which roles
   * @param authzenUrl under which enforcement points reach it
   */
  record Mtls(
      ListenAddress address,
      Path clientRoots,
      OperatorClients clients,
      Optional<String> authzenUrl) {}

  static OperatorDoors of(ConfigSection section, ServeConfig.Listen listen)
      throws MalformedConfigurationException {
    Optional<Path> socket = section.optionalPath("socket");
    Optional<ConfigSection> mtls = section.optionalSection("mtls");
    if (socket.isEmpty() && mtls.isEmpty()) {
      throw section.refused("have socket or mtls, or both");
    }
    if (mtls.isPresent() && listen.tls().isEmpty()) {
      throw mtls.get().refused("stand beside listen.tls, whose certificate it shows");
    }
    if (section.has("socket_roles") && socket.isEmpty()) {
      throw section.refused("have socket_roles beside socket alone");
    }
    return new OperatorDoors(
        socket,
        section.has("socket_roles") ? roles(section, "socket_roles") : Role.all(),
        mtls.isEmpty() ? Optional.empty() : Optional.of(mtls(mtls.get())));
  }

  private static Mtls mtls(ConfigSection section) throws MalformedConfigurationException {
    ListenAddress address = section.address("address");
    Path clientRoots = section.path("client_roots");
    Optional<String> authzenUrl =
        section.optional(
            "authzen_url",
            "https://HOST or https://HOST:PORT, as enforcement points reach this door",
            OperatorDoors::authzenUrl);
    Map<String, Set<Role>> byUri = new LinkedHashMap<>();
    Map<Hash, Set<Role>> byKey = new LinkedHashMap<>();
    for (ConfigSection client : section.sections("roles")) {
      Optional<String> uri =
          client.optional(
              "uri", "an absolute URI, as it stands in the certificate", OperatorDoors::uri);
      Optional<Hash> key =
          client.optional(
              "spki_sha256", "64 lower-case hexadecimal digits, a SHA-256", ServeConfig::digest);
      if (uri.isPresent() == key.isPresent()) {
        throw client.refused("have either uri or spki_sha256");
      }
      Set<Role> roles = roles(client, "roles");
      boolean twice =
          uri.isPresent()
              ? byUri.put(uri.get(), roles) != null
              : byKey.put(key.orElseThrow(), roles) != null;
      if (twice) {
        throw client.refused("be of a client that is listed once");
      }
    }
    if (byUri.isEmpty() && byKey.isEmpty()) {
      throw section.refused(
          "have roles: a certificate under client_roots no longer lets its holder do everything."
              + " List each client by uri or spki_sha256 with its roles; one that did everything"
              + " has operator and security_officer (docs/OPERATIONS.md, Upgrades)");
    }
    return new Mtls(address, clientRoots, new OperatorClients(byUri, byKey), authzenUrl);
  }

  private static Set<Role> roles(ConfigSection section, String key)
      throws MalformedConfigurationException {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String word : section.texts(key, ROLES, each -> Role.of(each).isPresent())) {
      roles.add(Role.of(word).orElseThrow());
    }
    if (roles.isEmpty()) {
      throw section.refused(key, ROLES + ", at least one");
    }
    return Set.copyOf(roles);
  }

  /** A decision point's name, with nothing behind it: from it others make the addresses of all else. */
  private static Optional<String> authzenUrl(String text) {
    return AUTHZEN_URL.matcher(text).matches() && uri(text).isPresent()
        ? Optional.of(text)
        : Optional.empty();
  }

  private static Optional<String> uri(String text) {
    try {
      return new URI(text).isAbsolute() ? Optional.of(text) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}
