// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RefusalCount;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever was refused, its id leads back to it. One service and its doors for all tests. */
final class RefusedRequestTest {
  private static final String CHALLENGES = "/v1/challenges";
  private static final int MAX_JSON = 64 * 1024;

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Doors doors;
  private static Path socket;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.start();
    socket = StubService.operatorSocketIn(folder);
    doors =
        Doors.open(
            deployment.service(),
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.of(socket),
                Optional.empty(),
                Optional.empty(),
                DoorsConfig.Limits.standard().withRate(Optional.empty())),
            deployment.clock);
  }

  @AfterAll
  static void stop() throws Exception {
    doors.close();
    deployment.close();
    token.close();
  }

  private static HttpWire open() throws IOException {
    return HttpWire.tcp(doors.plainPort().orElseThrow());
  }

  private static UuidV7 id(HttpWire.Response response) throws Exception {
    String instance = StrictJson.parse(response.body(), MAX_JSON).text("instance");
    assertThat(instance).startsWith("urn:writ:request:");
    return UuidV7.parse(instance.substring("urn:writ:request:".length()));
  }

  private static UuidV7 refused(String path, String body) throws Exception {
    try (HttpWire wire = open()) {
      HttpWire.Response response = wire.post(path, body);
      assertThat(response.status()).isGreaterThanOrEqualTo(400);
      return id(response);
    }
  }

  /** The minute ends, and its summary is written. */
  private static long summed() throws Exception {
    Instant now = deployment.clock.instant();
    deployment.clock.advance(Duration.between(now, Summaries.endOf(now)));
    deployment.service().chores().run();
    assertThat(Deployment.join(deployment.service().ledger().probe())).isEmpty();
    return deployment.leaves() - 1;
  }

  private static HttpWire.Response explained(Object name) throws Exception {
    try (HttpWire wire = HttpWire.unix(socket)) {
      return wire.get("/v1/decisions/" + name + "/explanation");
    }
  }

  @CanIgnoreReturnValue
  private static JsonMembers found(UuidV7 id, String reason) throws Exception {
    HttpWire.Response response = explained(id);
    assertThat(response.status()).as(response.text()).isEqualTo(200);
    ExplanationTest.requireDescribed("RefusedRequest", response.body());
    JsonMembers json = StrictJson.parse(response.body(), MAX_JSON);
    assertThat(json.text("request_id")).isEqualTo(id.toString());
    assertThat(json.text("reason")).isEqualTo(reason);
    assertThat(json.integer("time", 0, Long.MAX_VALUE)).isEqualTo(id.time().toEpochMilli());
    return json;
  }

  @CanIgnoreReturnValue
  private static HttpWire.Response notFound(Object name, int status) throws Exception {
    HttpWire.Response response = explained(name);
    assertThat(response.status()).as(response.text()).isEqualTo(status);
    return response;
  }

  @Test
  void requestsOfEveryKind_areFoundByTheirIds_onceTheMinuteIsOver() throws Exception {
    SoftwareHost stranger = new SoftwareHost("host-stranger", deployment.maker);
    String unknown = "{\"ak_name\":\"" + PublicRoutes.base64Url(stranger.ak.name().bytes()) + "\"}";
    UuidV7 unparsable = refused(CHALLENGES, "{\"ak_name\":");
    UuidV7 nobody = refused(CHALLENGES, unknown);
    UuidV7 elsewhere = refused("/v1/nothing", "{}");
    UuidV7 noHttp;
    try (HttpWire wire = open()) {
      noHttp = id(wire.send("BREW /pot HTCPCP/1.0\r\n\r\n").read());
    }
    UuidV7 operators = id(explained("01a1fd02-e0d5-7ce6-ad7a-8fc0be151149"));
    notFound(unparsable, 404);

    long index = summed();

    JsonMembers json = found(unparsable, "malformed");
    assertThat(json.text("operation")).isEqualTo("challenge");
    assertThat(json.text("door")).isEqualTo("plain");
    assertThat(json.integer("leaf_index", 0, index)).isEqualTo(index);
    assertThat(
            new Commitment(json.hash("client"))
                .opensWith(
                    json.base64Url("client_salt", Commitment.SALT_BYTES),
                    InetAddress.getLoopbackAddress().getAddress()))
        .as("whoever knows the address can say so, and the log's leaf has none")
        .isTrue();
    assertThat(found(nobody, "host_not_enrolled").text("code")).isEqualTo("environment_untrusted");
    assertThat(found(elsewhere, "not_found").text("operation")).isEqualTo("none");
    found(noHttp, "malformed");
    JsonMembers atSocket = found(operators, "not_found");
    assertThat(atSocket.text("door")).isEqualTo("operator");
    assertThat(atSocket.has("client")).isFalse();
    assertThat(((LeafBody.Summary) deployment.lastLeaf().body()).counts())
        .as("each once, whether it was counted where it was refused, told at a door, or both")
        .contains(
            new RefusalCount(DenialCode.ENVIRONMENT_UNTRUSTED, "host_not_enrolled", 1),
            new RefusalCount(DenialCode.UNVERIFIABLE, "malformed", 2));
  }

  /** Whatever name a client gives its request, the service's own is another, and of one request alone. */
  @Test
  void idThatAClientChose_isNobodysIdHere() throws Exception {
    UuidV7 first = refused(CHALLENGES, "[]");
    UuidV7 second;
    try (HttpWire wire = open()) {
      wire.send(
          "POST "
              + CHALLENGES
              + " HTTP/1.1\r\nHost: writ\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
              + "X-Request-ID: "
              + first
              + "\r\ntraceparent: 00-"
              + first.toString().replace("-", "")
              + "-00f067aa0ba902b7-01\r\n\r\n");
      second = id(wire.read());
    }
    assertThat(second).isNotEqualTo(first);

    var unused = summed();

    found(first, "malformed");
    found(second, "media_type_not_supported");
  }

  /** A flood leaves room for others, and what is not listed is counted and said to be so. */
  @Test
  void flood_isListedUpToItsShare_andTheRestCounted() throws Exception {
    var unused = summed();
    int flood = 250;
    List<UuidV7> ids = new ArrayList<>();
    try (HttpWire wire = open()) {
      for (int i = 0; i < flood; i++) {
        ids.add(id(wire.get("/v1/flood")));
      }
    }
    assertThat(new HashSet<>(ids)).hasSameSizeAs(ids);
    Refusals refusals = deployment.service().refusals();
    List<UuidV7> others = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      RefusedRequest other = from("flood", "2001:db8:0:" + Integer.toHexString(i) + "::1");
      refusals.told(other);
      others.add(other.id());
    }
    UuidV7 last = refused(CHALLENGES, "{}");

    long index = summed();

    found(ids.get(0), "not_found");
    found(others.get(0), "flood");
    UuidV7 elsewhere = ids.get(ids.size() - 1);
    for (UuidV7 unlisted : List.of(elsewhere, others.get(others.size() - 1))) {
      assertThat(notFound(unlisted, 404).text())
          .contains("the summary at leaf " + index, " requests by code");
    }
    assertThat(((LeafBody.Summary) deployment.lastLeaf().body()).counts())
        .contains(
            new RefusalCount(DenialCode.UNVERIFIABLE, "not_found", flood),
            new RefusalCount(DenialCode.UNVERIFIABLE, "flood", 2_000));
    // Its own address flooded before, and has no share left.
    notFound(last, 404);
    assertThat(payloadOf(index)).hasSizeLessThan(2 * RefusalBudget.BYTES_OF_ONE + 256);
  }

  /** Every reason and operation from everywhere: the whole has its bound. */
  @Test
  void floodOfEveryKindFromEverywhere_staysWithinTheMinutesBytes() throws Exception {
    var unused = summed();
    Refusals refusals = deployment.service().refusals();
    for (int i = 0; i < 4_000; i++) {
      refusals.told(from("flood_" + i % 100, "2001:db8:0:" + Integer.toHexString(i) + "::1"));
    }

    assertThat(payloadOf(summed())).hasSizeBetween(RefusalBudget.BYTES / 2, RefusalBudget.BYTES);
  }

  /** A host is free to choose the second half of its address, and takes one row all the same. */
  @Test
  void addressesOfOneNetwork_areOneRow() throws Exception {
    var unused = summed();
    Refusals refusals = deployment.service().refusals();
    List<UuidV7> ids = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      RefusedRequest request = from("flood", "2001:db8:0:7::" + Integer.toHexString(i));
      refusals.told(request);
      ids.add(request.id());
    }

    ListedRefusals listed = ListedRefusals.parse(payloadOf(summed()));

    assertThat(listed.rows()).hasSize(1);
    assertThat(listed.rows().get(0).requests()).isEqualTo(ids);
    byte[] network = {0x20, 0x01, 0x0d, (byte) 0xb8, 0, 0, 0, 7};
    assertThat(new Commitment(listed.rows().get(0).client().orElseThrow()))
        .satisfies(client -> assertThat(client.opensWith(listed.clientSalt(), network)).isTrue());
  }

  /** Where too many leaves are of an id's time, it is said which were not looked at. */
  @Test
  void searchThatIsCut_saysWhere() throws Exception {
    UuidV7 nobodys = UuidV7.next(deployment.clock, new SecureRandom());
    UuidV7 unused = refused(CHALLENGES, "{}");
    long index = summed();
    Ledger ledger = deployment.service().ledger();
    for (int i = 0; i < 3; i++) {
      UuidV7 id = UuidV7.next(deployment.clock, new SecureRandom());
      Leaf leaf =
          Leaf.of(
              id.time(), id, List.of(), new LeafBody.Revocation(id, RevocationReason.SUPERSEDED));
      assertThat(Deployment.join(ledger.commit(Entry.of(leaf))))
          .isInstanceOf(CommitOutcome.Receipt.class);
    }

    assertThat(new RefusalSearch(ledger).find(nobodys))
        .isEqualTo(new RefusalSearch.Found.Nowhere());
    assertThat(new RefusalSearch(ledger, 2).find(nobodys))
        .isEqualTo(new RefusalSearch.Found.Cut(index + 2, index + 4));
  }

  private static byte[] payloadOf(long index) throws Exception {
    return deployment.service().ledger().payload(index).orElseThrow();
  }

  private static RefusedRequest from(String reason, String address) throws Exception {
    return new RefusedRequest(
        UuidV7.next(deployment.clock, new SecureRandom()),
        DenialCode.UNVERIFIABLE,
        reason,
        "plain",
        "none",
        Optional.of(InetAddress.getByName(address)));
  }

  @Test
  void listThatWasErased_isGone_andTheCountsStay() throws Exception {
    UuidV7 id = refused(CHALLENGES, "{}");
    long index = summed();
    found(id, "malformed");

    assertThat(deployment.service().payloads().erase(new LeafName.Index(index)))
        .isInstanceOf(LeafPayloads.Outcome.Erased.class);

    assertThat(notFound(id, 410).text()).contains("leaf " + index);
    assertThat(((LeafBody.Summary) deployment.lastLeaf().body()).counts())
        .contains(new RefusalCount(DenialCode.UNVERIFIABLE, "malformed", 1));
  }

  @Test
  void listThatSomebodyChangedInTheStore_isNotTold() throws Exception {
    UuidV7 id = refused(CHALLENGES, "{}");
    long index = summed();
    byte[] kept = deployment.service().ledger().payload(index).orElseThrow();
    String changed = new String(kept, UTF_8).replace("\"malformed\"", "\"elsewhere\"");
    try (Connection store = deployment.store();
        PreparedStatement update =
            store.prepareStatement("UPDATE payload SET bytes = ? WHERE leaf_index = ?")) {
      update.setBytes(1, changed.getBytes(UTF_8));
      update.setLong(2, index);
      assertThat(update.executeUpdate()).isEqualTo(1);
    }

    assertThat(notFound(id, 503).text()).contains("payload_contradicts");
  }

  /** As when the ledger was away: the next summary has it, and is looked for. */
  @Test
  void summaryThatWasNotTaken_isGivenBackWithItsList_andFoundLater() throws Exception {
    Refusals refusals = deployment.service().refusals();
    UuidV7 id = refused(CHALLENGES, "{}");
    Refusals.Refused taken = refusals.take();
    assertThat(refusals.take().isEmpty()).isTrue();
    refusals.giveBack(taken);
    UuidV7 since = refused(CHALLENGES, "{}");
    deployment.clock.advance(Duration.ofMinutes(7));

    long index = summed();

    assertThat(found(id, "malformed").integer("leaf_index", 0, index)).isEqualTo(index);
    found(since, "malformed");
    assertThat(((LeafBody.Summary) deployment.lastLeaf().body()).counts())
        .contains(new RefusalCount(DenialCode.UNVERIFIABLE, "malformed", 2));
  }

  @Test
  void payload_doesNotNameAnAddress() throws Exception {
    UuidV7 unused = refused(CHALLENGES, "{}");
    String payload =
        new String(deployment.service().ledger().payload(summed()).orElseThrow(), UTF_8);

    String loopback = Base64.getEncoder().encodeToString(new byte[] {127, 0, 0, 1});
    assertThat(payload).doesNotContain("127.0.0.1", loopback);
    assertThat(payload).doesNotContain(Hash.sha256(new byte[] {127, 0, 0, 1}).hex());
  }
}
