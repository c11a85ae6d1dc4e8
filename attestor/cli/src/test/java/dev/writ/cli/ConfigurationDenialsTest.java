// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Attester;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.PolicyDocument;
import dev.writ.service.DoorException;
import dev.writ.service.Doors;
import dev.writ.service.ServiceStartException;
import dev.writ.service.WritService;
import dev.writ.tlog.Hash;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * No setting turns a denial into an allow. Every key of {@code writ serve}, with its variable of the
 * environment, is set to each of its edges, by itself or with others that it has nothing to do with; the
 * service is started as {@code serve} starts it, and what was denied before must be denied as before.
 *
 * <p>The keys are those of the code. One that is new, and neither tried nor listed here with the reason why
 * it decides whom to believe, fails.
 */
@Tag("own-jvm")
final class ConfigurationDenialsTest {
  /** Keys that say whom to believe, and so may turn either into the other; each with its reason. */
  private static final Map<String, String> WHO_IS_BELIEVED =
      Map.ofEntries(
          Map.entry(
              "tenant", "on whose behalf the service speaks: what is another's changes with it"),
          Map.entry("trust", "whose signatures count, pinned by its digest"),
          Map.entry("policy", "in dev the rules themselves; with approvers it must be published"),
          Map.entry("endorsements.roots", "which makers of TPMs are believed"),
          Map.entry("endorsements.intermediates", "which makers of TPMs are believed"),
          Map.entry("endorsements.revocation_lists", "which TPMs their makers disown"),
          Map.entry("enrolment.expired", "whether a TPM outlives its maker's certificate"),
          Map.entry("hosts[].name", "which hosts an operator admits"),
          Map.entry("hosts[].ek_digest", "which hosts an operator admits"),
          Map.entry("initiators.oidc[].name", "whose word names an initiator"),
          Map.entry("initiators.oidc[].issuer", "whose word names an initiator"),
          Map.entry("initiators.oidc[].audience", "whose word names an initiator"),
          Map.entry("initiators.oidc[].jwks", "whose word names an initiator"),
          Map.entry("initiators.oidc[].jwks_file", "whose word names an initiator"),
          Map.entry("initiators.oidc[].subject_claim", "whose word names an initiator"),
          Map.entry("initiators.oidc[].require_nonce", "how far that word goes"),
          Map.entry("initiators.oidc[].max_age_s", "how long that word is good"),
          Map.entry("initiators.oidc[].keys_max_age_s", "how long that word is good"),
          Map.entry("initiators.tls.roots", "whose certificates name an initiator"),
          Map.entry("operator.mtls.client_roots", "who is an operator"),
          Map.entry("operator.mtls.roles[].uri", "who is an operator"),
          Map.entry("operator.mtls.roles[].spki_sha256", "who is an operator"),
          Map.entry("operator.mtls.roles[].roles", "what an operator may ask for"),
          Map.entry("operator.socket_roles", "what an operator may ask for"));

  /** Keys of lists, which stand in the file alone: the file of these tests has what they need. */
  private static final Set<String> IN_THE_FILE =
      Set.of(
          "listen.tls.names",
          "witnesses[].name",
          "witnesses[].url",
          "webhooks[].name",
          "webhooks[].url",
          "webhooks[].pins");

  /** Keys whose values are words; the folder stands for {@code ~}. */
  private static final Map<String, List<String>> WORDS =
      Map.of(
          "log.level", List.of("error", "warning", "info", "debug"),
          "listen.http", List.of("127.0.0.1:0", "127.0.0.2:0"),
          "listen.tls.address", List.of("127.0.0.1:0", "127.0.0.2:0"),
          "operator.mtls.address", List.of("127.0.0.1:0", "127.0.0.2:0"),
          "operator.mtls.authzen_url", List.of("https://pdp.example", "https://pdp.example:8443"),
          "metrics", List.of("127.0.0.1:0", "127.0.0.2:0"),
          "operator.socket", List.of("~/a.sock", "~/b.sock"),
          "ledger.folder", List.of("~/ledger", "~/empty"),
          "ledger.anchor", List.of("~/anchor", "~/anchor"),
          "ledger.archive.folder", List.of("~/archive", "~/archive"));

  /** What a number needs beside it. */
  private static final Map<String, Map<String, String>> BESIDE =
      Map.of("ledger.archive.keep_days", Map.of("ledger.archive.folder", "~/archive"));

  /** Threads: their number decides nothing, and a thousand of them take what the machine has. */
  private static final Set<String> THREADS =
      Set.of("limits.loops", "limits.appraisal_threads", "limits.hsm_threads");

  private static final long MANY_THREADS = 8;

  /** At its least nothing is let through any more, or nothing is waited for. */
  private static final Set<String> STARVING =
      Set.of(
          "limits.body_bytes",
          "limits.header_bytes",
          "limits.buffered_bytes",
          "limits.connections",
          "limits.connections_per_address",
          "limits.requests",
          "limits.idle_s",
          "limits.arrival_s",
          "limits.answer_s",
          "limits.appraisal_wait_ms",
          "limits.hsm_wait_ms");

  /** What {@code verify} can be told besides, with a value; whom it believes is told by the trust file. */
  private static final Map<String, String> VERIFY =
      Map.ofEntries(
          Map.entry("--trust", "~/keys/trust.json"),
          Map.entry("--trust-sha256", ""),
          Map.entry("--trust-folder", "~/followed"),
          Map.entry("--ear", ""),
          Map.entry("--pack", ""),
          Map.entry("--bundle", "~/spoiled.json"),
          Map.entry("--at", "2020-01-01T00:00:00Z"),
          Map.entry("--audience", DemoGateway.NAME),
          Map.entry("--tenant", DemoService.TENANT),
          Map.entry("--request", "~/nowhere"),
          Map.entry("--status", "~/status"),
          Map.entry("--service", "http://127.0.0.1:1"),
          Map.entry("--output", "json"));

  /** What {@code run} can be told: none of it says that something need not hold. */
  private static final Map<String, String> RUN =
      Map.ofEntries(
          Map.entry("--trust", "whom it believes"),
          Map.entry("--trust-sha256", "whom it believes"),
          Map.entry("--trust-folder", "whom it believes"),
          Map.entry("--state", "where the host's key and its memory are"),
          Map.entry("--tpm", "which TPM proves the host"),
          Map.entry("--boot-log", "what is sent as evidence"),
          Map.entry("--ima-list", "what is sent as evidence"),
          Map.entry("--tenant", "what is asked for"),
          Map.entry("--workload", "what is asked for"),
          Map.entry("--env", "what the program gets, bound by the artifact"),
          Map.entry("--bind", "what is bound besides"),
          Map.entry("--initiator-token-file", "who set it in motion, by a provider's word"),
          Map.entry("--service", "who is asked"),
          Map.entry("--bundle", "what is verified in the place of a fresh one"),
          Map.entry("--parent", "under which it is asked for, and has to be"),
          Map.entry("--delegable", "what is asked for"),
          Map.entry("--delegable-uses", "what is asked for"),
          Map.entry("--hand-down", "where the program finds the bundle that it runs under"),
          Map.entry("--stop-within", "how soon it is killed, a second at most"));

  private static final AtomicReference<Duration> AHEAD = new AtomicReference<>(Duration.ZERO);
  private static final InstantSource CLOCK = () -> Clock.systemUTC().instant().plus(AHEAD.get());

  private static Path folder;
  private static DemoHost host;
  private static final Map<AbsentPlaces.Without, KeyEdges> EDGES =
      new EnumMap<>(AbsentPlaces.Without.class);
  private static SoftHsmToken token;
  private static TrustFile trust;
  private static Map<String, Came> denied;

  @BeforeAll
  static void start() throws Exception {
    folder = Files.createTempDirectory("writ-cli-test-");
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    host = DemoHost.boot("host-a", folder, maker, BootLog.DEMO);
    token = SoftHsmToken.inEnvironment("settings");
    Invocation init =
        Invocation.of(
            "keys",
            "init",
            "--token",
            token.label(),
            "--pin-file",
            token.pinFile(),
            "--issuer",
            DemoService.ISSUER,
            "--policy-approvers",
            DemoPolicyApprover.birth(folder),
            "--out",
            folder.resolve("keys"));
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    trust = TrustFile.parse(Files.readAllBytes(folder.resolve("keys/trust.json")));
    Map<Hash, String> admitted = new HashMap<>();
    for (Hash digest : host.endorsementKeyDigests()) {
      admitted.put(digest, "host-a");
    }
    DemoService.Born born = new DemoService.Born(folder, token, trust);
    Path file = DemoService.configure(born, maker, admitted, folder);
    String yaml =
        Files.readString(file)
            .replace("label: writ-demo", "label: " + token.label())
            .replace("pin_file: token/writ-demo.pin", "pin_file: " + token.pinFile())
            .replace(
                "operator:\n",
                """
                  tls:
                    address: 127.0.0.1:0
                    names: [localhost]
                operator:
                  mtls:
                    address: 127.0.0.1:0
                    client_roots: tpm-roots.pem
                    roles: [{uri: "spiffe://dev.example/operator", roles: [operator]}]
                """);
    Path unused = Files.createDirectory(folder.resolve("archive"));
    unused = Files.createFile(folder.resolve("anchor"));
    for (AbsentPlaces.Without without : AbsentPlaces.Without.values()) {
      String left = without.in(yaml);
      assertThat(left.equals(yaml))
          .as(without.name())
          .isEqualTo(without == AbsentPlaces.Without.NOTHING);
      EDGES.put(without, new KeyEdges(file, left));
    }
    revisePolicy(born);
    denied = begun();
  }

  /** Of what is to be used so often, one takes an operator's approval, and a freeze stops the other alone. */
  private static void revisePolicy(DemoService.Born born) throws Exception {
    Path file = DemoService.policyFile(born);
    Path key = folder.resolve("keys").resolve(KeyBirth.OPERATOR_KEY);
    String rule =
        """
        {"id":"approved","stage":"requirement","effect":"require","mode":"enforce",
         "when":"request.max_uses != 7 || size(governance.approvals) >= 1",
         "code":"policy_denied","reason_user":"Somebody must approve this.",
         "reason_admin":"An operator."},""";
    String document =
        new String(DemoPolicyApprover.document(file).canonical(), StandardCharsets.UTF_8);
    String frozen = "governance.mode == Mode.FROZEN";
    String tried = "\"governance\":{\"mode\":\"frozen\"}";
    assertThat(document).contains(frozen, tried);
    String revised =
        document
            .replace(frozen, frozen + " && request.max_uses == 8")
            .replace(tried, tried + ",\"request\":{\"max_uses\":8}")
            .replace("\"rules\":[", "\"rules\":[" + rule)
            .replaceFirst(
                "\\{",
                "{\"approvals\":{\"threshold\":1,\"separation\":false,\"approvers\":[\""
                    + Thumbprint.text(OperatorKey.read(key).kid())
                    + "\"]},");
    Files.write(
        file,
        DemoPolicyApprover.approved(
                born, PolicyDocument.parse(revised.getBytes(StandardCharsets.UTF_8)))
            .toJson());
  }

  @AfterAll
  static void stop() throws Exception {
    host.close();
    TestFolders.remove(folder);
    TestFolders.remove(SoftHsmToken.environmentFolder());
  }

  /** The host enrols, and what is denied with no key set is what must stay so. */
  private static Map<String, Came> begun() throws Exception {
    try (Started base = started(Map.of(), false)) {
      var enrolled = DeniedException.granted(base.attester().enrol(host.name()));
      assertThat(enrolled.akName()).isEqualTo(base.attester().attestationKeyName());
      assertThat(base.requests().unspoiled()).isInstanceOf(Came.Allowed.class);
      Path keys = folder.resolve("keys");
      Invocation frozen =
          Invocation.of(
              "policy",
              "freeze",
              "A freeze that stays",
              "--key",
              keys.resolve(KeyBirth.OPERATOR_KEY),
              "--yes",
              "--trust",
              keys.resolve("trust.json"),
              "--socket",
              folder.resolve("operator.sock"));
      assertThat(frozen.status()).as(frozen.err()).isEqualTo(ExitStatus.DONE);
      return base.requests().all();
    }
  }

  /** A service in this process, as {@code serve} starts it. */
  private record Started(
      ServeSetup setup,
      WritService service,
      Doors doors,
      Attester attester,
      DeniedRequests requests)
      implements AutoCloseable {
    @Override
    public void close() {
      attester.close();
      doors.close();
      service.close();
      setup.close();
    }
  }

  private static KeyEdges edges() {
    return Objects.requireNonNull(EDGES.get(AbsentPlaces.Without.NOTHING));
  }

  private static Started started(Map<String, String> keys, boolean byEnvironment) throws Exception {
    return started(
        edges()
            .with(keys, byEnvironment)
            .orElseThrow(() -> new AssertionError("it must be a configuration: " + keys)));
  }

  private static Started started(ServeConfig config) throws Exception {
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      ServeSetup setup =
          ServeSetup.open(config, BulkVerification.provider(), CLOCK, new SecureRandom());
      opened.add(setup);
      WritService service = WritService.start(setup.setup());
      opened.add(service);
      Doors doors = Doors.open(service, setup.doors(), CLOCK);
      opened.add(doors);
      URI url =
          URI.create(
              "http://"
                  + config.listen().http().orElseThrow().host()
                  + ":"
                  + doors.plainPort().orElseThrow());
      HttpServiceEndpoint endpoint =
          HttpServiceEndpoint.at(url, trust.content().tls(), Clock.systemUTC(), Timeouts.STANDARD);
      Attester attester = host.attester(endpoint, new SecureRandom());
      OperatorClient operator =
          new OperatorClient(config.operator().socket().orElseThrow(), Timeouts.STANDARD);
      opened.clear();
      return new Started(
          setup,
          service,
          doors,
          attester,
          new DeniedRequests(endpoint, operator, attester, trust, CLOCK, AHEAD::set));
    } finally {
      for (int i = opened.size() - 1; i >= 0; i--) {
        opened.get(i).close();
      }
    }
  }

  private static String placed(String value) {
    if (value.equals(AbsentPlaces.LABEL)) {
      return token.label();
    } else if (value.equals(AbsentPlaces.PIN)) {
      return token.pinFile().toString();
    }
    return value.startsWith("~") ? folder + value.substring(1) : value;
  }

  private static List<String> words(String key) {
    return WORDS.getOrDefault(key, List.of()).stream()
        .map(ConfigurationDenialsTest::placed)
        .toList();
  }

  private static KeyEdges.Bounds bounds(String key) {
    Map<String, String> beside = new HashMap<>();
    BESIDE.getOrDefault(key, Map.of()).forEach((other, value) -> beside.put(other, placed(value)));
    return edges()
        .boundsOf(key, beside)
        .orElseThrow(
            () ->
                new AssertionError(
                    key
                        + " must be a number, have its WORDS, be listed as what says WHO_IS_BELIEVED, or"
                        + " as one of AbsentPlaces: it is new, and nothing shows that it allows nothing"));
  }

  /** Keys that are tried at their edges. */
  private static Set<String> tried() {
    Set<String> tried = new TreeSet<>(ServeConfig.keys());
    tried.removeAll(WHO_IS_BELIEVED.keySet());
    tried.removeAll(AbsentPlaces.BY_KEY.keySet());
    tried.removeAll(IN_THE_FILE);
    return tried;
  }

  private static Map<String, String> all(boolean greatest, Set<String> but) {
    Map<String, String> keys = new LinkedHashMap<>();
    Set<String> set = tried();
    set.removeAll(but);
    for (String key : set) {
      if (WORDS.containsKey(key)) {
        keys.put(key, words(key).get(greatest ? words(key).size() - 1 : 0));
      } else if (greatest && THREADS.contains(key)) {
        keys.put(key, Long.toString(MANY_THREADS));
      } else {
        KeyEdges.Bounds bounds = bounds(key);
        keys.put(key, Long.toString(greatest ? bounds.greatest() : bounds.least()));
      }
    }
    return keys;
  }

  /** The lists name keys that there are, and no key is in two of them. */
  @Test
  void everyKey_isTriedOrListedWithItsReason() {
    Set<String> listed = new HashSet<>();
    for (Set<String> list :
        List.of(
            WHO_IS_BELIEVED.keySet(), AbsentPlaces.BY_KEY.keySet(), IN_THE_FILE, WORDS.keySet())) {
      assertThat(ServeConfig.keys()).containsAll(list);
      list.forEach(key -> assertThat(listed.add(key)).as(key).isTrue());
    }
    for (String key : tried()) {
      assertThat(WORDS.containsKey(key) || bounds(key).least() <= bounds(key).greatest())
          .as(key)
          .isTrue();
    }
    for (Set<String> list : List.of(THREADS, STARVING, BESIDE.keySet())) {
      assertThat(tried()).containsAll(list);
    }
  }

  /** What is compared below is worth it: each is a denial, and for what it was meant to be. */
  @Test
  void denialsWithoutAnyKey_areOfTheirCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    denied.forEach((fault, came) -> codes.put(fault, came.word()));

    assertThat(denied.values()).allMatch(Came.Denied.class::isInstance, codes.toString());
    assertThat(new TreeSet<>(codes.values()))
        .contains(
            "environment_untrusted",
            "expired",
            "governance_discontinuity",
            "policy_denied",
            "replayed",
            "revoked",
            "runtime_integrity",
            "scope_exceeded",
            "signature_invalid");
  }

  /** Of what the policy says, each for its rule. */
  @Test
  void policysDenials_areOfTheirRules() {
    assertThat(denied.get("approval that nobody gave")).isEqualTo(byPolicy("approved"));
    assertThat(denied.get("service that is frozen")).isEqualTo(byPolicy("frozen"));
  }

  private static Came byPolicy(String rule) {
    return new Came.Denied(DenialCode.POLICY_DENIED, Optional.of(rule), Optional.empty());
  }

  /** The same denials as before, each for its reason, and an allow beside them. */
  private static void requireSame(Map<String, String> keys, boolean byEnvironment)
      throws Exception {
    try (Started service = started(keys, byEnvironment)) {
      assertThat(service.requests().unspoiled())
          .as(keys.toString())
          .isInstanceOf(Came.Allowed.class);
      assertThat(service.requests().all()).as(keys.toString()).isEqualTo(denied);
    }
  }

  @Test
  void leastOfEveryKey_byTheEnvironment_deniesAsBefore() throws Exception {
    requireSame(all(false, STARVING), true);
  }

  /** A ledger that is somewhere else knows no host: there is nothing beside the denials that it could allow. */
  @Test
  void greatestOfEveryKey_byTheCommandLine_deniesAsBefore() throws Exception {
    requireSame(all(true, Set.of("ledger.folder")), false);
  }

  /** Whatever becomes of the request, it is not allowed. */
  private static void requireNoAllow(Map<String, String> keys, AbsentPlaces.Without without)
      throws Exception {
    ServeConfig config =
        Objects.requireNonNull(EDGES.get(without))
            .with(keys, false)
            .orElseThrow(() -> new AssertionError("it must be a configuration: " + keys));
    try (Started service = started(config)) {
      assertThat(service.requests().all().values())
          .as(keys.toString())
          .noneMatch(Came.Allowed.class::isInstance);
    } catch (CommandFailure | LedgerException | ServiceStartException | DoorException e) {
      assertThat(e).as("it does not start, and says why").hasMessageContaining(" ");
    }
  }

  @Test
  void leastThatServesNobody_allowsNothing() throws Exception {
    Map<String, String> keys = new LinkedHashMap<>();
    STARVING.forEach(key -> keys.put(key, Long.toString(bounds(key).least())));
    requireNoAllow(keys, AbsentPlaces.Without.NOTHING);
    requireNoAllow(Map.of("ledger.folder", placed("~/empty")), AbsentPlaces.Without.NOTHING);
  }

  /** One place after the other is not there, each in what is a whole configuration. */
  @Test
  void placesThatAreNotThere_allowNothing() throws Exception {
    for (Map.Entry<String, AbsentPlaces.Place> place : AbsentPlaces.BY_KEY.entrySet()) {
      Map<String, String> keys = new LinkedHashMap<>();
      place.getValue().beside().forEach((key, value) -> keys.put(key, placed(value)));
      keys.put(place.getKey(), place.getValue().value());
      requireNoAllow(keys, place.getValue().without());
    }
  }

  /** What is empty, a truth value or below zero is no value of any of them. */
  @Test
  void emptyAndStrangeValues_ofNumbersAndAddresses_stopTheStart() {
    for (String key : tried()) {
      for (String value : List.of("", "true", "false", "-1", "null", "~", "*")) {
        boolean isPath = words(key).stream().anyMatch(word -> word.startsWith("/"));
        if (!isPath || value.isEmpty()) {
          assertThat(edges().with(Map.of(key, value), false)).as(key + "=" + value).isEmpty();
        }
      }
    }
  }

  private static List<OptionSpec> options(String command) {
    CommandLine line = Objects.requireNonNull(Main.commandLine().getSubcommands().get(command));
    return line.getCommandSpec().options().stream()
        .filter(option -> !option.usageHelp() && !option.versionHelp())
        .toList();
  }

  private static Set<String> names(String command) {
    Set<String> names = new TreeSet<>();
    options(command).forEach(option -> names.add(option.longestName()));
    return names;
  }

  /** Where a program is let run there is no switch at all. */
  @Test
  void flagsOfRun_areListed_andNoneIsASwitch() {
    assertThat(names("run")).isEqualTo(new TreeSet<>(RUN.keySet()));
    assertThat(options("run")).allMatch(option -> option.arity().min() > 0);
  }

  @Test
  void flagsOfVerify_makeNoForgeryValid() throws Exception {
    assertThat(names("verify")).isEqualTo(new TreeSet<>(VERIFY.keySet()));
    ProofBundle bundle;
    try (Started service = started(Map.of(), false)) {
      bundle = service.requests().bundle();
    }
    Path good = Files.write(folder.resolve("good.json"), bundle.toJson());
    Path spoiled =
        Files.write(folder.resolve("spoiled.json"), SpoiledBundle.signature(bundle).toJson());
    Path unused =
        Files.writeString(folder.resolve("status"), bundle.statusListToken().orElseThrow());
    Path file = folder.resolve("keys/trust.json");
    assertThat(Invocation.of("verify", good, "--trust", file).status()).isEqualTo(ExitStatus.DONE);
    for (Map.Entry<String, String> flag : VERIFY.entrySet()) {
      List<Object> words = new ArrayList<>(List.of("verify", spoiled, flag.getKey()));
      if (!flag.getValue().isEmpty()) {
        words.add(placed(flag.getValue()));
      } else if (flag.getKey().equals("--trust-sha256")) {
        words.add(trust.digest().hex());
      }
      if (!flag.getKey().equals("--trust")) {
        words.addAll(List.of("--trust", file));
      }
      assertThat(Invocation.of(words.toArray()).status())
          .as(words.toString())
          .isNotEqualTo(ExitStatus.DONE);
    }
  }
}
