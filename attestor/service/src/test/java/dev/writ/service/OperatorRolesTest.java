// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.StrictJson;
import dev.writ.tlog.Hash;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is let through to what at the operators' doors. */
@Timeout(60)
final class OperatorRolesTest {
  private static final String PREFIX = "spiffe://dev.example/";
  private static final String BY_KEY = "by-key";

  @TempDir private static Path folder;
  private static final StubService SERVICE = new StubService();
  private static SettableClock clock;
  private static ClientAuthority authority;
  private static KeyPair known;
  private static Path socket;
  private static Doors doors;

  @BeforeAll
  static void open() throws Exception {
    clock = new SettableClock(Instant.now());
    authority = ClientAuthority.root("operators");
    known = SoftwareHost.newKeyPair();
    socket = StubService.operatorSocketIn(folder);
    OperatorClients clients =
        new OperatorClients(
            Map.of(
                PREFIX + "operator", Set.of(Role.OPERATOR),
                PREFIX + "security_officer", Set.of(Role.SECURITY_OFFICER),
                PREFIX + "auditor", Set.of(Role.AUDITOR),
                PREFIX + "gateway", Set.of(Role.GATEWAY),
                PREFIX + BY_KEY, Set.of(Role.AUDITOR)),
            Map.of(Hash.sha256(known.getPublic().getEncoded()), Set.of(Role.OPERATOR)));
    X509Certificate root = authority.certificate();
    doors =
        Doors.open(
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.of(socket),
                Optional.of(
                    new DoorsConfig.MutualTls(
                        StubService.loopback(), credentials(), List.of(root), clients)),
                Optional.empty(),
                DoorsConfig.Limits.standard().withRate(Optional.empty()),
                Set.of(Role.AUDITOR)),
            routes(),
            SERVICE,
            clock);
  }

  @AfterAll
  static void close() {
    doors.close();
  }

  /** Each operation of the operators' doors, by its name as its path. */
  private static DoorRoutes routes() {
    RouteTable operator = new RouteTable(OperatorAccess.ROLES);
    OperatorAccess.ROLES
        .keySet()
        .forEach(name -> operator.get("/" + name, name, target -> Reply.now(done())));
    return new DoorRoutes(new RouteTable(), operator, new RouteTable());
  }

  private static Answer done() {
    return Answer.json(200, "{}");
  }

  private static TlsCredentialSource credentials() throws Exception {
    TlsDoorTest.SelfSigned self =
        TlsDoorTest.SelfSigned.until(Instant.now().plus(Duration.ofDays(1)));
    return self.files(folder, self.pair().getPrivate());
  }

  private static HttpWire as(String name) throws Exception {
    return as(SoftwareHost.newKeyPair(), PREFIX + name);
  }

  private static HttpWire as(KeyPair key, String... uris) throws Exception {
    ClientCertificate shown = authority.client(key, ClientAuthority.Terms.of(uris));
    return HttpWire.tls(doors.operatorTlsPort().orElseThrow(), shown.context(), "TLSv1.3");
  }

  private static int status(HttpWire wire, String operation) throws Exception {
    HttpWire.Response response = wire.get("/" + operation);
    if (response.status() != 200) {
      DoorRequestsTest.problem("scope_exceeded", 403, "role_missing", response);
    }
    return response.status();
  }

  @Test
  void client_ofARole_isLetThroughToItsOperationsAndToNoOther() throws Exception {
    for (Role role : Role.values()) {
      try (HttpWire wire = as(role.wire())) {
        for (Map.Entry<String, Set<Role>> each : OperatorAccess.ROLES.entrySet()) {
          assertThat(status(wire, each.getKey()))
              .as(role + " " + each.getKey())
              .isEqualTo(each.getValue().contains(role) ? 200 : 403);
        }
      }
    }
  }

  @Test
  void client_withoutARole_mayNotEvenAskHowTheServiceIs() throws Exception {
    int before = SERVICE.refused.size();
    try (HttpWire wire = as("stranger")) {
      for (String operation : OperatorAccess.ROLES.keySet()) {
        assertThat(status(wire, operation)).as(operation).isEqualTo(403);
      }
      HttpWire.Response response = wire.get("/revoke");
      assertThat(StrictJson.parse(response.body(), 4_096).text("detail"))
          .isEqualTo(
              "the caller must have one of the roles security_officer, has none; the service's"
                  + " configuration says who has which");
    }
    assertThat(SERVICE.refused.size() - before).isEqualTo(OperatorAccess.ROLES.size() + 1);
  }

  @Test
  void client_isToldWhatItHasAndWhatItTakes() throws Exception {
    try (HttpWire wire = as("auditor")) {
      assertThat(StrictJson.parse(wire.get("/propose").body(), 4_096).text("detail"))
          .startsWith(
              "the caller must have one of the roles operator, security_officer, has auditor");
    }
  }

  @Test
  void client_byItsKey_hasThoseRoles_andThoseOfItsNameToo() throws Exception {
    try (HttpWire wire = as(known)) {
      assertThat(status(wire, "invite")).isEqualTo(200);
      assertThat(status(wire, "payload")).isEqualTo(403);
    }
    try (HttpWire wire = as(known, PREFIX + BY_KEY)) {
      assertThat(status(wire, "invite")).isEqualTo(200);
      assertThat(status(wire, "payload")).isEqualTo(200);
      assertThat(status(wire, "revoke")).isEqualTo(403);
    }
  }

  /** Who asks may honour the answer, and rules see the name: two must never be one. */
  @Test
  void clients_whoseNamesAreTooLongToBeTold_areToldApartByTheirKeys() throws Exception {
    String uri = PREFIX + "a".repeat(300);
    OperatorClients clients =
        new OperatorClients(Map.of(uri + "1", Set.of(Role.GATEWAY)), Map.of());
    X509Certificate one =
        authority
            .client(SoftwareHost.newKeyPair(), ClientAuthority.Terms.of(uri + "1"))
            .chain()
            .get(0);
    X509Certificate other =
        authority
            .client(SoftwareHost.newKeyPair(), ClientAuthority.Terms.of(uri + "2"))
            .chain()
            .get(0);

    assertThat(clients.caller(one).roles()).containsExactly(Role.GATEWAY);
    assertThat(clients.caller(one).name()).startsWith("sha256:");
    assertThat(clients.caller(other).name()).isNotEqualTo(clients.caller(one).name());
  }

  /** A connection may stand for longer than whoever is known by it. */
  @Test
  void client_whoseCertificateEndsOnItsConnection_hasNoRoleFromThen() throws Exception {
    ClientCertificate shown =
        authority.client(
            SoftwareHost.newKeyPair(),
            ClientAuthority.Terms.of(PREFIX + "security_officer")
                .until(clock.instant().plus(Duration.ofMinutes(5))));
    try (HttpWire wire =
        HttpWire.tls(doors.operatorTlsPort().orElseThrow(), shown.context(), "TLSv1.3")) {
      assertThat(status(wire, "revoke")).isEqualTo(200);
      clock.advance(Duration.ofMinutes(6));
      assertThat(status(wire, "revoke")).isEqualTo(403);
    }
  }

  /** Such as the root that was renewed, which clients go on to send. */
  @Test
  void certificate_thatIsSentAlongAndHasEnded_costsNoRole_andOneOnThePathDoes() throws Exception {
    X509Certificate stranger = ClientAuthority.root("stranger").ended();
    ClientAuthority issuing = authority.issuing("operators-1");
    for (X509Certificate along : List.of(authority.ended(), stranger)) {
      ClientCertificate shown = with(issuing, along);
      try (HttpWire wire =
          HttpWire.tls(doors.operatorTlsPort().orElseThrow(), shown.context(), "TLSv1.3")) {
        assertThat(status(wire, "invite")).isEqualTo(200);
        assertThat(status(wire, "invite")).isEqualTo(200);
        assertThat(status(wire, "revoke")).isEqualTo(403);
        clock.advance(Duration.ofDays(31));
        assertThat(status(wire, "invite")).as("its issuer's is over").isEqualTo(403);
      } finally {
        clock.advance(Duration.ofDays(-31));
      }
    }
  }

  private static ClientCertificate with(ClientAuthority issuing, X509Certificate along)
      throws Exception {
    Instant end = clock.instant().plus(Duration.ofDays(90));
    ClientCertificate shown =
        issuing.client(
            SoftwareHost.newKeyPair(), ClientAuthority.Terms.of(PREFIX + "operator").until(end));
    List<X509Certificate> chain = new ArrayList<>(shown.chain());
    chain.add(along);
    return new ClientCertificate(shown.pair(), chain);
  }

  /** With a ticket somebody would be whom another handshake showed. */
  @Test
  void session_isNotResumed() throws Exception {
    ClientCertificate shown =
        authority.client(SoftwareHost.newKeyPair(), ClientAuthority.Terms.of(PREFIX + "operator"));
    SSLContext context = shown.context();
    for (int i = 0; i < 2; i++) {
      try (SSLSocket socket =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(
                      InetAddress.getLoopbackAddress(), doors.operatorTlsPort().orElseThrow())) {
        HttpWire wire = HttpWire.of(socket);
        assertThat(status(wire, "invite")).isEqualTo(200);
        assertThat(socket.getSession().getValue("handshake")).as("a new one").isNull();
        socket.getSession().putValue("handshake", i);
      }
    }
  }

  /** A name is whole and alone: neither a part of one nor one of several is somebody's. */
  @Test
  void client_whoseNameIsNearlyAnothers_hasNoRole() throws Exception {
    List<String[]> nearly =
        List.of(
            new String[] {PREFIX + "operator/"},
            new String[] {PREFIX + "Operator"},
            new String[] {PREFIX + "operator%20"},
            new String[] {PREFIX + "operator", PREFIX + "stranger"},
            new String[] {PREFIX + "stranger", PREFIX + "operator"},
            new String[] {});
    for (String[] uris : nearly) {
      try (HttpWire wire = as(SoftwareHost.newKeyPair(), uris)) {
        assertThat(status(wire, "invite")).as(String.join(" ", uris)).isEqualTo(403);
      }
    }
  }

  @Test
  void socket_thatIsNarrowed_hasItsRolesAndNoOther() throws Exception {
    try (HttpWire wire = HttpWire.unix(socket)) {
      assertThat(status(wire, "explain")).isEqualTo(200);
      assertThat(status(wire, "payload")).isEqualTo(200);
      assertThat(status(wire, "invite")).isEqualTo(403);
      assertThat(status(wire, "revoke")).isEqualTo(403);
    }
  }

  @Test
  void inputsOfDecisions_areForWhoReadsPayloads_andForNobodyElse() {
    for (Role role : Role.values()) {
      assertThat(OperatorAccess.readsInputs(Optional.of(new Caller("c", Set.of(role)))))
          .as(role.wire())
          .isEqualTo(role == Role.SECURITY_OFFICER || role == Role.AUDITOR);
    }
    assertThat(OperatorAccess.readsInputs(Optional.of(new Caller("socket", Role.all())))).isTrue();
    assertThat(OperatorAccess.readsInputs(Optional.of(Callers.NOBODY))).isFalse();
    assertThat(OperatorAccess.readsInputs(Optional.empty())).isFalse();
  }

  @Test
  void auditor_asksForNothingThatChangesAnything() {
    Set<String> changing =
        Set.of(
            "invite",
            "learn",
            "keyStep",
            "propose",
            "approve",
            "approveRequest",
            "withdraw",
            "freeze",
            "useBreakglass",
            "breakglassOrder",
            "publishPolicy",
            "revoke",
            "revokeScope",
            "suspendHost",
            "retireHost",
            "resumeHost",
            "erasePayload",
            "drill");
    assertThat(OperatorAccess.ROLES.keySet()).containsAll(changing);
    for (String operation : changing) {
      assertThat(OperatorAccess.ROLES.get(operation))
          .as(operation)
          .doesNotContain(Role.AUDITOR, Role.GATEWAY);
    }
  }

  @Test
  void operation_withoutRoles_isServedAtNoOperatorsDoor() {
    RouteTable table = new RouteTable(Map.of("known", Set.of(Role.OPERATOR), "empty", Set.of()));
    for (String name : List.of("novelty", "empty")) {
      assertThatThrownBy(() -> table.get("/x", name, target -> Reply.now(done())))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(name);
    }
    RouteTable forAnybody = new RouteTable().get("/x", "x", target -> Reply.now(done()));
    assertThatThrownBy(
            () ->
                Doors.open(
                        new DoorsConfig(
                            Optional.of(StubService.loopback()),
                            Optional.empty(),
                            Optional.of(socket.resolveSibling("other.sock")),
                            Optional.empty(),
                            Optional.empty(),
                            DoorsConfig.Limits.standard()),
                        new DoorRoutes(new RouteTable(), forAnybody, new RouteTable()),
                        SERVICE,
                        InstantSource.system())
                    .close())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("must take a role");
  }

  @Test
  void clients_ofWhomNoneHasARole_openNoDoor() {
    assertThatThrownBy(() -> new OperatorClients(Map.of(), Map.of()))
        .hasMessageContaining("must have a client with a role");
    assertThatThrownBy(() -> new OperatorClients(Map.of("a:b", Set.of()), Map.of()))
        .hasMessageContaining("each client must have a role");
  }
}
