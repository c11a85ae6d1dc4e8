// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Act;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.ExecAudience;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.HostState;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.PcrBankSelection;
import dev.writ.artifact.Possession;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmName;
import dev.writ.tlog.Hash;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.InstanceKey;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * This host's side of enrolment and attestation, with one instance key.
 *
 * <p>The instance key lives in the TPM and is certified by the attestation key once, when it is first
 * asked for an artifact; its thumbprint ({@link #jkt()}) is what artifacts are bound to. Methods block while the TPM
 * or the service works, and may be called from several threads: the TPM orders them.
 */
public final class Attester implements AutoCloseable {
  /**
   * The kinds of endorsement keys in the order in which a certificate is looked for. Elliptic curves
   * first: an RSA endorsement key takes a TPM seconds to make.
   */
  public static final List<EndorsementKeyKind> PREFERENCE =
      List.of(
          EndorsementKeyKind.ECC_P384_HIGH,
          EndorsementKeyKind.ECC_P256_HIGH,
          EndorsementKeyKind.ECC_P256_LOW,
          EndorsementKeyKind.RSA_2048_LOW,
          EndorsementKeyKind.RSA_2048_HIGH);

  /** The reason of a denial that wants the measurement list from its first entry. */
  private static final String POSITION_MISMATCH = "ima_position_mismatch";

  private final Tpm tpm;
  private final ServiceEndpoint service;
  private final Patience patience;
  private final EnrolledAk attestationKey;
  private final HeldKey key;
  private final HostEvidence evidence;

  private Attester(
      Tpm tpm,
      ServiceEndpoint service,
      SecureRandom random,
      EnrolledAk attestationKey,
      HeldKey key,
      HostEvidence evidence) {
    this.tpm = tpm;
    this.service = service;
    this.patience = new Patience(random);
    this.attestationKey = attestationKey;
    this.key = key;
    this.evidence = evidence;
  }

  /** One of a host that shows no logs. */
  public static Attester open(
      Tpm tpm, Path instanceKeyFile, ServiceEndpoint service, SecureRandom random)
      throws TpmException, IOException, AttestationFailedException {
    return open(tpm, instanceKeyFile, service, random, MeasurementLogs.NONE);
  }

  /**
   * Finds or makes the attestation key and the instance key.
   *
   * @param tpm stays the caller's to close, after this
   * @param instanceKeyFile where the wrapped instance key lies between runs; its folder exists, and is
   *     where the Attester keeps what else it remembers
   * @param logs of what was measured into this TPM
   */
  public static Attester open(
      Tpm tpm,
      Path instanceKeyFile,
      ServiceEndpoint service,
      SecureRandom random,
      MeasurementLogs logs)
      throws TpmException, IOException, AttestationFailedException {
    EnrolledAk attestationKey = Measurement.judge(tpm.attestationKey().publicArea());
    Path measured = instanceKeyFile.resolveSibling(StateFolder.MEASURED_LIST);
    Optional<ImaList> imaList = logs.imaList().map(source -> new ImaList(source, measured));
    InstanceKey instanceKey = KeyFile.open(tpm, instanceKeyFile);
    boolean opened = false;
    try {
      HeldKey key = new HeldKey(instanceKey);
      HostEvidence evidence = new HostEvidence(tpm, attestationKey, key, logs, imaList, random);
      Attester attester = new Attester(tpm, service, random, attestationKey, key, evidence);
      opened = true;
      return attester;
    } finally {
      if (!opened) {
        instanceKey.close();
      }
    }
  }

  /** Name of the attestation key: what the service knows this host by. */
  public TpmName attestationKeyName() {
    return attestationKey.name();
  }

  /** RFC 7638 thumbprint of the instance key. */
  public Hash jkt() {
    return key.jkt();
  }

  /** Enrols a host that an operator listed. */
  public Answer<Enrolled> enrol(String host)
      throws TpmException, IOException, AttestationFailedException {
    return enrol(host, Optional.empty());
  }

  /**
   * Enrols with the endorsement key of the first kind that has a certificate.
   *
   * @param invitation the secret of an {@link Invitation} to this host, if it has one
   */
  public Answer<Enrolled> enrol(String host, Optional<Octets> invitation)
      throws TpmException, IOException, AttestationFailedException {
    return enrolment().enrol(host, invitation);
  }

  /** Enrols with the endorsement key of {@code kind}. */
  public Answer<Enrolled> enrol(String host, EndorsementKeyKind kind, Optional<Octets> invitation)
      throws TpmException, IOException, AttestationFailedException {
    return enrolment().enrol(host, kind, invitation);
  }

  private HostEnrolment enrolment() {
    return new HostEnrolment(tpm, service, patience, attestationKey);
  }

  /**
   * Asks for an artifact: challenge, Evidence, decision. A service that cannot answer now is asked
   * again when it says, a few times, with a new challenge.
   *
   * @param template the request; its {@code jkt} is replaced by this Attester's own
   */
  public Answer<ProofBundle> attest(ExecutionRequest template)
      throws TpmException, IOException, AttestationFailedException {
    return patience.ask(
        () -> attestOnce(template, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  /**
   * The same under an artifact whose key is this Attester's, for an execution or another act.
   *
   * @param template the request; its {@code parent} is replaced by the parent's {@code jti}
   * @param exec what runs, where something does
   */
  public Answer<ProofBundle> attestUnder(
      Artifact parent, ExecutionRequest template, Optional<ExecBinding> exec)
      throws TpmException, IOException, AttestationFailedException {
    return patience.ask(() -> attestOnce(template, exec, Optional.of(parent), Optional.empty()));
  }

  /**
   * Asks once for another artifact of the same request, by which an execution goes on.
   *
   * @param held an artifact of this Attester's that holds, of that execution
   * @param parent under which it goes on, of this Attester's key: what the execution began under, or a renewal
   *     of that
   * @param exec what runs
   */
  public Answer<ProofBundle> renew(Artifact held, Optional<Artifact> parent, ExecBinding exec)
      throws TpmException, IOException, AttestationFailedException {
    return attestOnce(held.claims().request(), Optional.of(exec), parent, Optional.of(held));
  }

  /**
   * The same for an execution on a host, which is bound to what it is.
   *
   * @param template the request, of the binding's {@linkplain ExecBinding#act act}
   * @param exec what runs
   */
  public Answer<ProofBundle> attest(ExecutionRequest template, ExecBinding exec)
      throws TpmException, IOException, AttestationFailedException {
    return patience.ask(
        () -> attestOnce(template, Optional.of(exec), Optional.empty(), Optional.empty()));
  }

  /** A service that has another idea of how far it has come is sent the measurement list anew. */
  private Answer<ProofBundle> attestOnce(
      ExecutionRequest template,
      Optional<ExecBinding> exec,
      Optional<Artifact> parent,
      Optional<Artifact> renewed)
      throws TpmException, IOException, AttestationFailedException {
    Answer<ProofBundle> answer = attestOnce(template, exec, parent, renewed, false);
    return answer instanceof Answer.Denied<ProofBundle> denied
            && denied.reason().equals(POSITION_MISMATCH)
        ? attestOnce(template, exec, parent, renewed, true)
        : answer;
  }

  private Answer<ProofBundle> attestOnce(
      ExecutionRequest template,
      Optional<ExecBinding> exec,
      Optional<Artifact> parent,
      Optional<Artifact> renewed,
      boolean listAnew)
      throws TpmException, IOException, AttestationFailedException {
    Answer<Challenge> answer = service.challenge(attestationKey.name());
    if (answer instanceof Answer.Denied<Challenge> denied) {
      return denied.retyped();
    }
    Prepared prepared =
        prepare(((Answer.Granted<Challenge>) answer).value(), template, exec, parent, listAnew);
    IssueRequest request = prepared.request();
    Answer<ProofBundle> bundle =
        service.issue(
            renewed.isPresent() ? request.renewing(renewed.get()) : request, key.channel());
    if (bundle instanceof Answer.Granted<ProofBundle>) {
      prepared.list().ifPresent(part -> evidence.told(part));
    }
    return bundle;
  }

  /**
   * What is sent.
   *
   * @param list the part of the measurement list that is in it
   */
  private record Prepared(IssueRequest request, Optional<ImaList.Part> list) {}

  /**
   * The Evidence that answers {@code challenge}, with the request that it is bound to.
   *
   * @param template the request; its {@code jkt} is replaced by this Attester's own
   */
  public IssueRequest answer(Challenge challenge, ExecutionRequest template)
      throws TpmException, AttestationFailedException {
    return prepare(challenge, template, Optional.empty(), Optional.empty(), false).request();
  }

  /** The same under an artifact whose key is this Attester's. */
  public IssueRequest answerUnder(Artifact parent, Challenge challenge, ExecutionRequest template)
      throws TpmException, AttestationFailedException {
    return prepare(challenge, template, Optional.empty(), Optional.of(parent), false).request();
  }

  /**
   * Shows to the service that the holder of an artifact wants a request under it.
   *
   * @param request the child's, of this or another host, which names the artifact as its parent
   * @throws IllegalArgumentException if the artifact's key is another than this Attester's
   */
  public ParentProof prove(Artifact parent, Challenge challenge, ExecutionRequest request)
      throws TpmException {
    return key.prove(parent, challenge, request);
  }

  /**
   * Sends what {@link #answer} made, once, over a connection of whoever holds the instance key where the
   * service wants to see that.
   */
  public Answer<ProofBundle> send(IssueRequest answer) throws IOException {
    return service.issue(answer, key.channel());
  }

  private Prepared prepare(
      Challenge challenge,
      ExecutionRequest template,
      Optional<ExecBinding> exec,
      Optional<Artifact> parent,
      boolean listAnew)
      throws TpmException, AttestationFailedException {
    ExecutionRequest request = bound(template, parent.map(above -> above.claims().jti()));
    Optional<ParentProof> proof =
        parent.isPresent()
            ? Optional.of(prove(parent.get(), challenge, request))
            : Optional.empty();
    HostEvidence.Gathered gathered = evidence.answering(challenge, request, listAnew);
    return new Prepared(
        new IssueRequest(
            attestationKey.name(), request, exec, challenge, gathered.evidence(), proof),
        gathered.list());
  }

  /**
   * The state of this host, here and at this moment, from a quote over a nonce of its own: what a
   * Relying Party on this host compares with an artifact's {@code env}.
   */
  public HostState hostState(PcrSelection selection)
      throws TpmException, AttestationFailedException {
    return evidence.stateNow(selection);
  }

  /** The same for the PCRs that an artifact is bound to. */
  public HostState hostState(List<PcrBankSelection> pcrs)
      throws TpmException, AttestationFailedException {
    return hostState(new PcrSelection(pcrs.stream().map(HostEvidence::bank).toList()));
  }

  /**
   * The request for an execution on this host.
   *
   * @param issuer who is asked
   * @param wanted in whose name it is, and what may be asked for under it
   * @param uses how often it may be started, at least 1
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public ExecutionRequest executionHere(
      String issuer, ExecRequest wanted, ExecBinding binding, int uses) {
    List<String> here = List.of(ExecAudience.of(AkName.of(attestationKey.name().bytes())));
    Act act = binding.act(uses);
    return new ExecutionRequest(
        issuer,
        here,
        wanted.tenant(),
        wanted.workload(),
        new Act(
            act.action(),
            act.resource(),
            act.argsDigest(),
            act.limits(),
            act.maxUses(),
            wanted
                .delegable()
                .map(
                    bound ->
                        new Delegable(
                            List.of(act.action()), bound.below(), here, bound.maxUses()))),
        Optional.empty(),
        key.jkt());
  }

  /**
   * Shows to a Relying Party that this host holds the key that an artifact is bound to.
   *
   * @param nonce the Relying Party's own, for this presentation
   * @param artifactDigest which artifact is presented
   * @param audience to whom, as it stands in {@code aud}: known to this host otherwise than from whoever
   *     brings the nonce
   */
  public Possession possess(Hash nonce, Hash artifactDigest, String audience) throws TpmException {
    return key.possess(nonce, artifactDigest, audience);
  }

  /**
   * States how an execution ended, in the name of whoever holds the artifact that it ran under.
   *
   * @param at when; told to the millisecond
   */
  public OutcomeStatement outcome(Artifact artifact, OutcomeState state, Instant at)
      throws TpmException {
    return key.outcome(artifact, state, at);
  }

  /** Frees the instance key's slot in the TPM; the key stays in its file. */
  @Override
  public void close() {
    key.close();
  }

  /** The request that {@link #attest} asks with: the template, of this Attester's own {@code jkt}. */
  public ExecutionRequest bound(ExecutionRequest template) {
    return bound(template, Optional.empty());
  }

  private ExecutionRequest bound(ExecutionRequest template, Optional<UuidV7> parent) {
    return new ExecutionRequest(
        template.iss(),
        template.aud(),
        template.tenant(),
        template.sub(),
        template.act(),
        parent.or(template::parent),
        key.jkt());
  }
}
