// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.Seen;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.artifact.VerificationKey;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.ledger.ArchiveConfig;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.HostState;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RetentionPeriod;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StoreConfig;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A service on a real token and a real ledger, with what its operator decided: which hosts, which TPM
 * maker, which policy. Its clock stands an hour ahead of the machine's, so that whatever was certified
 * meanwhile is valid already.
 */
final class Deployment implements AutoCloseable {
  static final String GATEWAY = "gateway";
  static final ServiceIdentity IDENTITY =
      new ServiceIdentity("https://writ.example", "tenant", "writ.example/ledger");

  private static final Path EXAMPLE_POLICY = Path.of("../../docs/examples/dev-policy.json");

  final ServiceIdentity identity;
  final SettableClock clock = new SettableClock(Instant.now().plus(Duration.ofHours(1)));
  final MeddlingRandom random = new MeddlingRandom();
  final EndorsementAuthority maker;
  final BelievedMakers makers;
  final Map<Hash, String> admitted = new HashMap<>();
  final Path ledgerFolder;
  private final ServiceToken token;
  private final SecureRandom ownRandom = new SecureRandom();

  /** Signs for the one gateway of the trust file. */
  final KeyPair gateway = SoftwareHost.newKeyPair();

  /** Two of three, any of whom may propose. */
  final OperatorKeys operators;

  /** Two of three, whom the trust file names once {@link #approvePolicies} was called. */
  final OperatorKeys approvers;

  private boolean policiesApproved;
  private Optional<StoreConfig> store = Optional.empty();
  private TrustFile trust;
  private Limits limits = patient();
  private EnrolmentTerms terms = EnrolmentTerms.STANDARD;
  private final AtomicLong passed = new AtomicLong();
  private Consumer<PolicyRevision> revision = unchanged -> {};
  private UnaryOperator<String> policyText = UnaryOperator.identity();
  private Optional<WritService> running = Optional.empty();
  private Optional<OwnHost> host = Optional.empty();
  private InitiatorsConfig initiators = InitiatorsConfig.NONE;
  private Optional<RetentionPeriod> retention = Optional.empty();
  private Optional<ArchiveConfig> archive = Optional.empty();

  Deployment(ServiceToken token, Path folder) {
    this(IDENTITY, token, folder, Optional.empty(), new OperatorKeys(2, 3), new OperatorKeys(2, 3));
  }

  /** Another service with the same people, and with TPMs of the same maker. */
  Deployment(ServiceIdentity identity, ServiceToken token, Path folder, Deployment beside) {
    this(identity, token, folder, Optional.of(beside.maker), beside.operators, beside.approvers);
  }

  private Deployment(
      ServiceIdentity identity,
      ServiceToken token,
      Path folder,
      Optional<EndorsementAuthority> maker,
      OperatorKeys operators,
      OperatorKeys approvers) {
    this.identity = identity;
    this.token = token;
    this.operators = operators;
    this.approvers = approvers;
    this.ledgerFolder = folder.resolve("ledger");
    this.maker = maker.orElseGet(() -> EndorsementAuthority.create(clock.instant(), ownRandom));
    this.makers = new BelievedMakers(this.maker);
    this.trust = newTrust(FirstTrustFile.NO_WITNESSES);
  }

  /** With a gateway, which the first trust file of a deployment has none of. */
  private TrustFile newTrust(String witnesses) {
    ECPublicKey operator = (ECPublicKey) SoftwareHost.newKeyPair().getPublic();
    TrustContent first =
        FirstTrustFile.dev(
                identity.issuer(),
                identity.origin(),
                token.keys(),
                operator,
                Optional.of(FirstTrustFile.statusAt(identity.issuer() + "/status")),
                witnesses)
            .content();
    return TrustFile.of(
        new TrustContent(
            first.issuer(),
            first.version(),
            first.previous(),
            first.assurance(),
            first.keys(),
            first.logPolicy(),
            first.status(),
            first.skew(),
            first.tls(),
            policiesApproved ? Optional.of(approvers.quorum()) : Optional.empty(),
            List.of(VerificationKey.of((ECPublicKey) gateway.getPublic())),
            operators.quorum()),
        List.of());
  }

  /** Before the first start: the trust file's log policy has these lines. */
  void witnesses(String lines) {
    trust = newTrust(lines);
  }

  /** Before the first start: the trust file names approvers of policies, and what is configured is signed. */
  void approvePolicies() {
    policiesApproved = true;
    trust = newTrust(FirstTrustFile.NO_WITNESSES);
  }

  /** From the next start on the ledger is there. */
  void store(StoreConfig config) {
    store = Optional.of(config);
  }

  /** Lists a host with the endorsement key that it has. */
  SoftwareHost host(String name) {
    SoftwareHost host = new SoftwareHost(name, maker, clock);
    admit(host);
    return host;
  }

  /** Lists one that is there. */
  void admit(SoftwareHost host) {
    admitted.put(host.ekDigest(), host.name);
  }

  /** The policy from the next start on: the example, with what {@code change} changes. */
  void policy(Consumer<PolicyRevision> change) {
    revision = change;
  }

  /** The policy from the next start on has one rule more, its first, as JSON. */
  void policyRule(String json) {
    policyText = text -> text.replace("\"rules\":[", "\"rules\":[" + json + ",");
  }

  /** The policy from the next start on, as JSON, with what {@code change} changes. */
  void policyText(UnaryOperator<String> change) {
    policyText = change;
  }

  /** The policy from the next start on lets requests through whose uses nobody counts. */
  void permitUncounted() {
    policyText = text -> text.replace("request.max_uses >= 1 && ", "");
  }

  /** As usual, but where others use the machine too. */
  private static Limits patient() {
    Limits usual = Limits.standard();
    Limits.Pool pool =
        new Limits.Pool(usual.hsm().threads(), usual.hsm().queue(), Duration.ofSeconds(20));
    return usual.withPools(pool, pool);
  }

  /** From the next start on the service does no more than this at once. */
  void limit(Limits change) {
    limits = change;
  }

  /** What the service's {@link System#nanoTime} says: it stands still but for {@link #pass}. */
  long nanos() {
    return passed.get();
  }

  /** For what may be only so often, time passes; the clock shows nothing of it. */
  void pass(Duration time) {
    passed.addAndGet(time.toNanos());
  }

  /** From the next start on no host gets more decisions than this. */
  void limitHostRate(int perSecond, int burst) {
    limits = limits.withHostRate(perSecond, burst);
  }

  /** From the next start on enrolment is on these terms. */
  void enrolOn(EnrolmentTerms other) {
    terms = other;
  }

  /** From the next start on payloads are kept for so long. */
  void keepPayloadsFor(int days) {
    retention = Optional.of(new RetentionPeriod(days));
  }

  /** From the next start on old leaves go there. */
  void archive(ArchiveConfig config) {
    archive = Optional.of(config);
  }

  /** From the next start on initiators are known by the word of these. */
  void initiators(InitiatorsConfig config) {
    initiators = config;
  }

  /** From the next start on the service's own host has this to say. */
  void vouchedForBy(OwnHost ownHost) {
    host = Optional.of(ownHost);
  }

  @CanIgnoreReturnValue
  WritService start() throws Exception {
    return start(setup());
  }

  @CanIgnoreReturnValue
  WritService start(WritService.Setup setup) throws LedgerException, ServiceStartException {
    WritService service = WritService.open(setup, this::nanos);
    running = Optional.of(service);
    return service;
  }

  /** Ends the service and starts it on what it left. */
  @CanIgnoreReturnValue
  WritService restart() throws Exception {
    service().close();
    return start();
  }

  WritService.Setup setup() throws Exception {
    return setup(token.keys(), configured());
  }

  /** The same with other keys, or another policy. */
  WritService.Setup setup(IssuerKeys keys, GivenPolicy policy) throws Exception {
    return new WritService.Setup(
        identity,
        trust(),
        keys,
        storeConfig(),
        new WitnessPlaces(Map.of(), Duration.ofSeconds(4)),
        Optional.empty(),
        retention,
        policy,
        makers.trust(),
        new AdmittedHosts(admitted),
        terms,
        limits,
        Signature.getInstance("SHA256withECDSA").getProvider(),
        clock,
        random,
        host,
        initiators);
  }

  private GivenPolicy configured() throws IOException, MalformedPolicyException {
    return policiesApproved
        ? GivenPolicy.of(approved(document()))
        : GivenPolicy.unsigned(document());
  }

  /** A policy, signed by operator 0, its author, and by two approvers. */
  PolicyEnvelope approved(PolicyDocument document) {
    PolicyEnvelope authored = operators.sign(0, PolicyEnvelope.of(document.canonical()));
    return approvers.sign(1, approvers.sign(0, authored));
  }

  /** What follows the policy in force, with what {@code change} changes. */
  PolicyDocument nextPolicy(Consumer<PolicyRevision> change) throws MalformedPolicyException {
    PolicyRevision next = service().policy().document().revise().nextVersion();
    change.accept(next);
    return next.build();
  }

  PolicyPublications.Outcome publish(PolicyEnvelope envelope) {
    return join(service().publications().publish(envelope));
  }

  /** An operator's name as a policy has it. */
  static String name(Hash kid) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(kid.bytes());
  }

  /** Where its ledger is. */
  StoreConfig storeConfig() {
    if (store.isPresent()) {
      return store.get();
    }
    SqliteConfig embedded = SqliteConfig.in(ledgerFolder);
    return archive.<StoreConfig>map(embedded::withArchive).orElse(embedded);
  }

  PolicyDocument document() throws IOException, MalformedPolicyException {
    PolicyRevision example = PolicyDocument.parse(Files.readAllBytes(EXAMPLE_POLICY)).revise();
    example.referenceSets(List.of(BootLog.expected()));
    if (policiesApproved) {
      example.author(name(operators.kid(0)));
    }
    revision.accept(example);
    PolicyDocument document = example.build();
    String json = new String(document.canonical(), StandardCharsets.UTF_8);
    return PolicyDocument.parse(policyText.apply(json).getBytes(StandardCharsets.UTF_8));
  }

  TrustFile trust() {
    return trust;
  }

  WritService service() {
    return running.orElseThrow();
  }

  /** Enrols a host whole, as it must succeed. */
  SoftwareHost enrolled(String name) throws GeneralSecurityException, IOException {
    SoftwareHost host = host(name);
    EnrolmentOutcome outcome = enrol(host);
    if (!(outcome instanceof EnrolmentOutcome.Enrolled)) {
      throw new AssertionError(outcome);
    }
    return host;
  }

  EnrolmentOutcome enrol(SoftwareHost host) throws GeneralSecurityException, IOException {
    EnrolmentOutcome begun = begin(host);
    return begun instanceof EnrolmentOutcome.Activation activation
        ? complete(activation.session(), host.activate(activation.credential()))
        : begun;
  }

  EnrolmentOutcome begin(SoftwareHost host) {
    return begin(host.name, host.ekCertificate, host.ek, host.ak.publicArea());
  }

  EnrolmentOutcome begin(String name, Octets ekCertificate, TpmtPublic ek, TpmtPublic ak) {
    return begin(
        new EnrolmentApplication(name, ekCertificate, EkChain.NONE, ek, ak, Optional.empty()));
  }

  EnrolmentOutcome begin(EnrolmentApplication application) {
    return join(service().enrolment().begin(application));
  }

  EnrolmentOutcome complete(Octets session, Octets activated) {
    return join(service().enrolment().complete(session, activated));
  }

  Challenge challenge(SoftwareHost host) {
    return challenge(host.ak.name());
  }

  Challenge challenge(TpmName akName) {
    ChallengeOutcome outcome = join(service().challenge(akName));
    if (outcome instanceof ChallengeOutcome.Issued issued) {
      return issued.challenge();
    }
    throw new AssertionError(outcome);
  }

  IssuanceOutcome issue(Application application) {
    return join(service().issuance().issue(application));
  }

  /** The answer, which must come in time. */
  static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** The whole exchange of one host for its own workload. */
  IssuanceOutcome attest(SoftwareHost host) {
    return issue(host.answer(challenge(host), request(host)));
  }

  /** The denial, which it must be, with this code. */
  @CanIgnoreReturnValue
  static Denial denial(DenialCode code, IssuanceOutcome outcome) {
    if (outcome instanceof IssuanceOutcome.Denied denied && denied.denial().code() == code) {
      return denied.denial();
    }
    throw new AssertionError("expected " + code + ", got " + outcome);
  }

  static ArtifactClaims claims(IssuanceOutcome outcome) throws Exception {
    return artifact(outcome).claims();
  }

  static Artifact artifact(IssuanceOutcome outcome) throws Exception {
    return Artifact.parse(bundle(outcome).artifact());
  }

  static ProofBundle bundle(IssuanceOutcome outcome) {
    if (outcome instanceof IssuanceOutcome.Issued issued) {
      return issued.bundle();
    }
    throw new AssertionError(outcome);
  }

  /** What a verifier with the trust file says now of a bundle, as far as it needs no host. */
  Verdict verdict(ProofBundle bundle, Seen seen) {
    Presentation looking = Presentation.NOTHING.withTenant(identity.tenant());
    return BundleVerifier.of(trust).verify(bundle.toJson(), looking, seen, clock.instant());
  }

  /** What the workload that the policy allows a host asks for. */
  static ExecutionRequest request(SoftwareHost host) {
    return request(workloadOf(host.name), host.jkt());
  }

  static ExecutionRequest request(String workload, Hash jkt) {
    return request(IDENTITY.issuer(), IDENTITY.tenant(), workload, Optional.empty(), jkt);
  }

  static ExecutionRequest request(
      String issuer, String tenant, String workload, Optional<UuidV7> parent, Hash jkt) {
    return request(issuer, tenant, workload, parent, jkt, 1);
  }

  /** For as many uses, or {@link Act#UNCOUNTED}. */
  static ExecutionRequest request(SoftwareHost host, int maxUses) {
    return request(
        IDENTITY.issuer(),
        IDENTITY.tenant(),
        workloadOf(host.name),
        Optional.empty(),
        host.jkt(),
        maxUses);
  }

  private static ExecutionRequest request(
      String issuer,
      String tenant,
      String workload,
      Optional<UuidV7> parent,
      Hash jkt,
      int maxUses) {
    return new ExecutionRequest(
        issuer,
        List.of(GATEWAY),
        tenant,
        workload,
        new Act("exec", "/usr/bin/true", Hash.sha256(new byte[] {1}), Map.of(), maxUses),
        parent,
        jkt);
  }

  /** {@code host-a} is worker-a, as the example policy has it. */
  static String workloadOf(String host) {
    return "spiffe://dev.example/worker-" + host.substring(host.indexOf('-') + 1);
  }

  Leaf lastLeaf() throws LedgerException {
    return service().ledger().leaf(leaves() - 1).orElseThrow();
  }

  long leaves() {
    return service().ledger().size();
  }

  /** An operator's act: the host's state changes. */
  void set(SoftwareHost host, HostState state) {
    Hash enrolment;
    try {
      long index = service().ledger().host(host.akName()).orElseThrow().leafIndex();
      enrolment = service().ledger().leafHash(index).orElseThrow();
    } catch (LedgerException e) {
      throw new AssertionError(e);
    }
    change(
        List.of(enrolment),
        new HostChange(
            Hash.sha256(host.akName().bytes()), state.standing(), RevocationReason.UNSPECIFIED),
        new StateChange.SetHostState(host.akName(), state));
  }

  /** Another node puts the next policy in force. */
  void raiseEpoch(long epoch) {
    Hash digest = Hash.sha256(new byte[] {3});
    change(
        new LeafBody.PolicyInForce(new PolicyReference("other", 1, digest, epoch)),
        new StateChange.SetEpoch(epoch, digest));
  }

  void change(LeafBody body, StateChange change) {
    change(List.of(), body, change);
  }

  private void change(List<Hash> parents, LeafBody body, StateChange change) {
    Leaf leaf =
        Leaf.of(Instant.ofEpochMilli(clock.millis()), UuidV7.next(clock, ownRandom), parents, body);
    CommitOutcome outcome =
        service().ledger().commit(Entry.of(leaf, change)).toCompletableFuture().join();
    if (!(outcome instanceof CommitOutcome.Receipt)) {
      throw new AssertionError(outcome);
    }
  }

  /** The store, as somebody has it who is not the service. */
  Connection store() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + ledgerFolder.resolve("ledger.db"));
  }

  /** Makes of a leaf what an older version would have written: one that names no payload. */
  void forgetPayloadOf(long index) throws LedgerException, SQLException {
    Leaf leaf = service().ledger().leaf(index).orElseThrow();
    Leaf older = Leaf.of(leaf.time(), leaf.id(), leaf.parents(), leaf.body());
    try (Connection store = store();
        PreparedStatement update =
            store.prepareStatement("UPDATE leaf SET bytes = ? WHERE leaf_index = ?")) {
      update.setBytes(1, older.bytes());
      update.setLong(2, index);
      if (leaf.payload().isEmpty() || update.executeUpdate() != 1) {
        throw new AssertionError("leaf " + index + " must name a payload");
      }
    }
  }

  /** The bytes with one bit of the byte at {@code index} flipped. */
  static byte[] flipped(byte[] bytes, int index) {
    byte[] changed = bytes.clone();
    changed[index] ^= 1;
    return changed;
  }

  static Challenge parse(byte[] challenge) {
    try {
      return Challenge.parse(challenge);
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    running.ifPresent(WritService::close);
  }
}
