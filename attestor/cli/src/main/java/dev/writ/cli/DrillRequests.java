// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.Attester;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.ParentBundle;
import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Asks the service for artifacts, once each and without the agent's patience: a drill wants to hear the
 * denial. Each method that changes something changes that and nothing else.
 */
final class DrillRequests {
  private static final int CHILDREN = 8;
  private static final int USES = 16;

  private final DrillSite site;
  private final Attester attester;
  private final Optional<ExecBinding> exec;
  private final ExecutionRequest request;

  /** Requests for what {@code wanted} says, by this host. */
  DrillRequests(DrillSite site, Attester attester, RequestFile wanted) {
    this.site = site;
    this.attester = attester;
    this.exec = wanted.exec();
    this.request = wanted.request();
  }

  ExecutionRequest unspoiled() {
    return request;
  }

  ExecutionRequest ofTenant(String tenant) {
    return with(tenant, request.sub(), request.act(), request.parent());
  }

  ExecutionRequest inTheNameOf(String workload) {
    return with(request.tenant(), workload, request.act(), request.parent());
  }

  ExecutionRequest under(UuidV7 parent) {
    return with(request.tenant(), request.sub(), request.act(), Optional.of(parent));
  }

  /** Under which the same can be asked for again, a few times; empty where the policy lets nothing be. */
  Optional<ParentBundle> parent() throws Exception {
    Act act = request.act();
    Delegable bound =
        new Delegable(
            List.of(act.action()), List.of(act.resource()), request.aud(), CHILDREN * USES);
    Answer<ProofBundle> answer =
        ask(
            with(
                request.tenant(),
                request.sub(),
                new Act(
                    act.action(),
                    act.resource(),
                    act.argsDigest(),
                    act.limits(),
                    act.maxUses(),
                    Optional.of(bound)),
                Optional.empty()));
    if (answer instanceof Answer.Denied<ProofBundle> denied
        && denied.code() == DenialCode.AUTHORIZATION_DISCONTINUITY) {
      return Optional.empty();
    }
    return Optional.of(ParentBundle.parse(DeniedException.granted(answer).toJson()));
  }

  /** The same as ever, under another artifact of this host. */
  IssueRequest answerUnder(Artifact parent)
      throws TpmException, IOException, AttestationFailedException, DeniedException {
    IssueRequest answer = attester.answerUnder(parent, challenge(), under(parent.claims().jti()));
    return new IssueRequest(
        answer.attestationKey(),
        answer.request(),
        exec,
        answer.challenge(),
        answer.evidence(),
        answer.parentProof());
  }

  /** As often as the holder likes. */
  ExecutionRequest uncounted() {
    Act act = request.act();
    return with(
        request.tenant(),
        request.sub(),
        new Act(act.action(), act.resource(), act.argsDigest(), act.limits(), Act.UNCOUNTED),
        request.parent());
  }

  private ExecutionRequest with(String tenant, String sub, Act act, Optional<UuidV7> parent) {
    return new ExecutionRequest(
        request.iss(), request.aud(), tenant, sub, act, parent, request.jkt());
  }

  Challenge challenge() throws IOException, DeniedException {
    return DeniedException.granted(site.service().challenge(attester.attestationKeyName()));
  }

  /** What answers the challenge. */
  IssueRequest answer(Challenge challenge, ExecutionRequest wanted)
      throws TpmException, AttestationFailedException {
    IssueRequest answer = attester.answer(challenge, wanted);
    return new IssueRequest(
        answer.attestationKey(), answer.request(), exec, answer.challenge(), answer.evidence());
  }

  Answer<ProofBundle> send(IssueRequest answer) throws IOException {
    return attester.send(answer);
  }

  Answer<ProofBundle> ask(ExecutionRequest wanted)
      throws TpmException, IOException, AttestationFailedException, DeniedException {
    return send(answer(challenge(), wanted));
  }

  /** What an application came to, of which a leaf names the request. */
  Came sent(IssueRequest answer) throws IOException {
    return Came.of(send(answer), answer.request().digest());
  }

  /** What a request came to, likewise. */
  Came asked(ExecutionRequest wanted)
      throws TpmException, IOException, AttestationFailedException, DeniedException {
    return sent(answer(challenge(), wanted));
  }

  /** An artifact for what is wanted. */
  ProofBundle bundle()
      throws TpmException, IOException, AttestationFailedException, DeniedException {
    return DeniedException.granted(ask(request));
  }
}
