// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Act;
import dev.writ.artifact.Argument;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Environment;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TrustTier;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.Host;
import dev.writ.policy.Delegation;
import dev.writ.policy.Env;
import dev.writ.policy.Exec;
import dev.writ.policy.Governance;
import dev.writ.policy.Inputs;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.Request;
import dev.writ.policy.Subject;
import dev.writ.policy.Trust;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;

/** Says in the policy's words what was verified. Nothing is judged here. */
final class PolicyInputs {
  /** How the names of rules begin that compare with a reference set. */
  private static final List<String> REFERENCE_RULES =
      List.of("pcr_", "boot_", "secure_boot", "ima_");

  /**
   * Rules of which the policy hears only where they found something: to be among the findings is to be
   * found wanting, and a policy's rule asks whether they are.
   */
  private static final Set<String> ONLY_WHERE_FOUND =
      Set.of("secure_boot_debug", "secure_boot_dma", "secure_boot_shim");

  private PolicyInputs() {}

  static Subject subject(Host host, VerifiedQuote quote, ExecutionRequest request) {
    return new Subject(
        host.name(), quote.ak().name().hex(), Optional.of(host.ekDigest().hex()), request.sub());
  }

  /**
   * What is asked for.
   *
   * @param parent under which
   */
  static Request request(Application application, Optional<ParentGrant> parent) {
    ExecutionRequest request = application.request();
    Act act = request.act();
    return new Request(
        act.action(),
        act.resource(),
        act.argsDigest().hex(),
        request.aud(),
        request.tenant(),
        act.maxUses(),
        act.limits(),
        parent.map(ParentGrant::depth).orElse(0),
        request.parent().map(UuidV7::toString),
        application.exec().map(PolicyInputs::exec),
        Optional.empty(),
        act.delegable()
            .map(
                bound ->
                    new Delegation(
                        bound.actions(), bound.resources(), bound.aud(), bound.maxUses())),
        parent.map(ParentGrant::claims).map(PolicyInputs::above));
  }

  private static Delegation.Above above(ArtifactClaims parent) {
    return new Delegation.Above(parent.sub(), parent.act().action(), parent.act().resource());
  }

  /**
   * What the policy is shown of a question: of no host is anything known, so that nothing of trust and
   * environment vouches for anything.
   *
   * @param asker who asks, and may honour the answer
   */
  static Inputs question(
      AuthzenQuestion question, String asker, String tenant, PolicyInForce policy, Instant now) {
    return new Inputs(
        new Subject("", "", Optional.empty(), question.subject()),
        new Request(
            question.action(),
            question.resource(),
            "",
            List.of(asker),
            tenant,
            0,
            Map.of(),
            0,
            Optional.empty(),
            Optional.empty(),
            Optional.of(question.asked()),
            Optional.empty(),
            Optional.empty()),
        governance(policy, Optional.empty(), now),
        new Trust(Trust.Tier.NONE, false, Optional.empty(), Trust.Endorsement.ABSENT, Map.of()),
        new Env(Env.KeyStorage.MEMORY, 0, 0, false, Map.of(), "", Optional.empty()),
        now);
  }

  private static Exec exec(ExecBinding binding) {
    List<String> texts =
        binding.argv().stream().map(Argument::text).flatMap(Optional::stream).toList();
    Optional<List<String>> argv =
        texts.size() == binding.argv().size() ? Exec.argvWithinBounds(texts) : Optional.empty();
    Map<String, String> env = new LinkedHashMap<>();
    binding.env().forEach((name, digest) -> env.put(name, digest.hex()));
    Map<String, String> files = new LinkedHashMap<>();
    binding.files().forEach(file -> files.put(file.path(), file.sha256().hex()));
    return new Exec(binding.path(), binding.exeSha256().hex(), argv, binding.cwd(), env, files);
  }

  /** What the service observed of its governance, under an epoch and in a mode that the ledger tells. */
  static Governance governance(Governance observed, long epoch, Governance.Mode mode) {
    return new Governance(observed.initiator(), observed.approvals(), mode, epoch);
  }

  /**
   * What is known of a request's governance.
   *
   * @param initiator who set it in motion, as was proven
   */
  static Governance governance(PolicyInForce policy, Optional<String> initiator, Instant now) {
    return new Governance(initiator, List.of(), policy.mode().at(now), policy.epoch());
  }

  /**
   * What was found of the host.
   *
   * @param policy by whose reference values
   * @param host its name
   */
  static Trust trust(
      Appraisal appraisal,
      Optional<EndorsementOutcome> endorsement,
      PolicyDocument policy,
      String host) {
    return trust(
        appraisal.overall(),
        appraisal.rules(),
        endorsement.map(PolicyInputs::endorsement).orElse(Trust.Endorsement.ABSENT),
        policy,
        host);
  }

  /** The same of rules that ran, whoever has them. */
  static Trust trust(
      TrustTier overall,
      List<Appraisal.Rule> rules,
      Trust.Endorsement endorsement,
      PolicyDocument policy,
      String host) {
    Optional<ReferenceSet> references = policy.referenceSetFor(host);
    boolean pcrsMatch =
        references.isPresent()
            && rules.stream()
                .filter(rule -> rule.tier() == TrustTier.CONTRAINDICATED)
                .noneMatch(rule -> REFERENCE_RULES.stream().anyMatch(rule.reason()::startsWith));
    return new Trust(
        tier(overall), pcrsMatch, references.map(ReferenceSet::name), endorsement, findings(rules));
  }

  /**
   * One that was refused vouches for nothing. {@code LISTED} is never said: every host was enrolled
   * with a certificate, and one without is not the same as one whose certificate is gone.
   */
  static Trust.Endorsement endorsement(EndorsementOutcome outcome) {
    if (!(outcome instanceof TrustedEndorsement endorsement)) {
      return Trust.Endorsement.ABSENT;
    }
    boolean expired =
        endorsement.findings().contains(TrustedEndorsement.Finding.EXPIRED)
            || endorsement.findings().contains(TrustedEndorsement.Finding.CHAIN_EXPIRED);
    return expired ? Trust.Endorsement.EXPIRED : Trust.Endorsement.TRUSTED;
  }

  /**
   * By the rule's name, and where it ran on several subjects the subject after a colon. A host can
   * have two of one name: of these the worst is shown.
   */
  static Map<String, Trust.Tier> findings(List<Appraisal.Rule> rules) {
    Map<String, TrustTier> worst = new LinkedHashMap<>();
    for (Appraisal.Rule rule : rules) {
      if (ONLY_WHERE_FOUND.contains(rule.reason()) && rule.tier() == TrustTier.NONE) {
        continue;
      }
      String name = rule.subject().isEmpty() ? rule.reason() : rule.reason() + ":" + rule.subject();
      worst.merge(name, rule.tier(), BinaryOperator.maxBy(Comparator.naturalOrder()));
    }
    Map<String, Trust.Tier> findings = new LinkedHashMap<>();
    worst.forEach((name, tier) -> findings.put(name, tier(tier)));
    return findings;
  }

  private static Trust.Tier tier(TrustTier tier) {
    return switch (tier) {
      case NONE -> Trust.Tier.NONE;
      case AFFIRMING -> Trust.Tier.AFFIRMING;
      case WARNING -> Trust.Tier.WARNING;
      case CONTRAINDICATED -> Trust.Tier.CONTRAINDICATED;
    };
  }

  /**
   * Where it would run.
   *
   * @param channel what the connection showed
   */
  static Env env(
      VerifiedQuote quote, Environment.KeyStorage keyStorage, Optional<Env.Channel> channel) {
    Map<String, List<Long>> pcrs = new LinkedHashMap<>();
    for (PcrSelection.Bank bank : quote.selection().banks()) {
      pcrs.put(bank.hash().text(), bank.indices().stream().map(Integer::longValue).toList());
    }
    return new Env(
        switch (keyStorage) {
          case TPM -> Env.KeyStorage.TPM;
          case MEMORY -> Env.KeyStorage.MEMORY;
        },
        quote.clockInfo().resetCount(),
        quote.clockInfo().restartCount(),
        quote.clockInfo().safe(),
        pcrs,
        quote.pcrDigest().value().hex(),
        channel);
  }
}
