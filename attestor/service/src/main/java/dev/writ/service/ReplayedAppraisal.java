// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.AppraisedRules;
import dev.writ.artifact.Ear;
import dev.writ.artifact.Environment;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.Appraiser;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TrustClaim;
import dev.writ.evidence.TrustTier;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.Governance;
import dev.writ.policy.Inputs;
import dev.writ.policy.Trust;
import dev.writ.service.RecordedDecision.RecordedResult;
import dev.writ.service.RecordedHosts.RecordedHost;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The appraisal of a recorded decision, made again from its Evidence. Where something is missing that it
 * rested on, the rules that do without are made again, and for the others stands what is recorded.
 */
final class ReplayedAppraisal {
  /** How the names of rules over what a TPM's maker says begin. */
  private static final String ENDORSEMENT = "endorsement_";

  /** Rules of a result that are no appraisal's. */
  private static final Set<String> BEFORE = Set.of("quote_verified", "key_storage");

  private final RecordedGrounds grounds;
  private final RecordedDecision recorded;
  private final PolicyInForce policy;
  private final RecordedHost host;
  private final VerifiedQuote quote;
  private final Environment.KeyStorage storage;
  private final long index;

  private Optional<EndorsementOutcome> endorsement = Optional.empty();
  private boolean endorsementMissing;
  private Optional<BootLog> boot = Optional.empty();
  private boolean bootMissing;
  private boolean listMissing;

  /** Without the rules over what is missing. */
  private Optional<Appraisal> appraised = Optional.empty();

  /** The same, where nothing is missing. */
  private Optional<Appraisal> whole = Optional.empty();

  private Optional<Ear> made = Optional.empty();
  private Optional<CountedApprovals> approvals = Optional.empty();
  private Optional<ParentGrant> parent = Optional.empty();

  ReplayedAppraisal(
      RecordedGrounds grounds,
      RecordedDecision recorded,
      PolicyInForce policy,
      RecordedHost host,
      VerifiedQuote quote,
      Environment.KeyStorage storage,
      long index) {
    this.grounds = grounds;
    this.recorded = recorded;
    this.policy = policy;
    this.host = host;
    this.quote = quote;
    this.storage = storage;
    this.index = index;
  }

  String hostName() {
    return host.host().name();
  }

  /** What the TPM's maker says as of a time; empty where its certificate is not kept any more. */
  Optional<EndorsementOutcome> endorsedAt(Instant at) throws ContradictionException {
    return host.endorsement().isPresent()
        ? Optional.of(grounds.hosts().endorsement(host, host.endorsement().get(), at))
        : Optional.empty();
  }

  /** Appraises once more, and compares with what was found. */
  void compare(ReplaySteps steps, RecordedResult result)
      throws LedgerException, ContradictionException {
    List<AppraisedRule> was = rules(result.ear()).map(AppraisedRules::ran).orElse(List.of());
    steps.begin(ReplayStep.ENDORSEMENT);
    steps.say(compareEndorsement(was));
    logs(steps);
    steps.begin(ReplayStep.APPRAISAL);
    ReferenceValues references = policy.referenceValuesFor(hostName());
    Appraisal appraisal =
        Appraiser.appraise(quote, endorsement, known(references), boot, Optional.empty());
    appraised = Optional.of(appraisal);
    Ear ear = ear(appraisal, result.ear());
    if (!endorsementMissing && !bootMissing && !listMissing) {
      whole = Optional.of(appraisal);
      made = Optional.of(ear);
      byte[] json = ear.toJson();
      steps.made(json);
      var unused = steps.compare("ear", result.json(), json, "");
    } else if (rules(result.ear()).map(AppraisedRules::omitted).orElse(1L) > 0) {
      steps.say(new StepOutcome.NotKept("not all rules that ran are kept"));
    } else {
      compareKnown(steps, was, rules(ear).orElseThrow().ran());
    }
  }

  private static Optional<AppraisedRules> rules(Ear ear) {
    return Optional.ofNullable(ear.submods().get(EarClaims.HOST)).flatMap(Ear.Appraisal::rules);
  }

  /** As it was made then, by whichever version of the service. */
  private Ear ear(Appraisal appraisal, Ear was) {
    Ear ear =
        EarClaims.of(
            recorded.application(), quote, appraisal, storage, policy.digest(), recorded.decided());
    return new Ear(ear.iat(), was.verifier(), ear.submods(), ear.nonce());
  }

  /**
   * What the maker says is good for some minutes in the service, so that it is of the decision's time or of
   * up to so long before. Which roots and lists were configured then nobody keeps: what those of now say
   * otherwise is no difference of the decision.
   */
  private StepOutcome compareEndorsement(List<AppraisedRule> was) throws ContradictionException {
    List<AppraisedRule> recordedRules = ofEndorsement(was);
    if (host.endorsement().isEmpty()) {
      endorsementMissing = !isOfNone(recordedRules);
      return endorsementMissing
          ? new StepOutcome.Erased("the TPM's certificate, which lay beside the enrolment")
          : new StepOutcome.Same("none was given, since it had been erased");
    }
    Instant at = recorded.decided();
    long good = Endorsements.GOOD_FOR.toMillis();
    Instant since = Instant.ofEpochMilli(Math.floorDiv(at.toEpochMilli(), good) * good);
    String came = "";
    for (Instant time : List.of(since, at, at.minus(Endorsements.GOOD_FOR))) {
      Optional<EndorsementOutcome> outcome = endorsedAt(time);
      Appraisal appraisal = Appraiser.appraise(quote, outcome, ReferenceValues.NONE);
      List<AppraisedRule> rules =
          ofEndorsement(
              rules(ear(appraisal, recorded.result().orElseThrow().ear())).orElseThrow().ran());
      if (rules.equals(recordedRules)) {
        endorsement = outcome;
        return new StepOutcome.Same("");
      }
      came = told(rules);
    }
    endorsementMissing = true;
    return new StepOutcome.NotKept(
        "the roots and revocation lists that were configured then; was "
            + told(recordedRules)
            + ", by those of now "
            + came);
  }

  private static List<AppraisedRule> ofEndorsement(List<AppraisedRule> rules) {
    return rules.stream().filter(rule -> rule.reason().startsWith(ENDORSEMENT)).toList();
  }

  private static boolean isOfNone(List<AppraisedRule> rules) {
    return rules.size() == 1 && rules.get(0).actual().equals("none");
  }

  private static String told(List<AppraisedRule> rules) {
    return rules.stream().map(rule -> rule.reason() + " " + rule.actual()).toList().toString();
  }

  private void logs(ReplaySteps steps) throws LedgerException, ContradictionException {
    ReferenceValues references = policy.referenceValuesFor(hostName());
    Optional<TpmDigest> sent = recorded.evidence().bootLog();
    if (references.boot().isPresent() && sent.isPresent()) {
      steps.begin(ReplayStep.BOOT_LOG);
      Hash digest = Hash.of(sent.get().value().bytes());
      boot = grounds.hosts().bootLog(host.host().akName(), digest, index);
      bootMissing = boot.isEmpty();
      steps.say(
          bootMissing
              ? new StepOutcome.NotKept("the log of SHA-256 " + digest)
              : new StepOutcome.Same(""));
    }
    if (references.ima().isPresent() && recorded.evidence().imaList().isPresent()) {
      steps.begin(ReplayStep.MEASUREMENT_LIST);
      listMissing = true;
      steps.say(new StepOutcome.NotKept("measurement lists are not kept, only their digests"));
    }
  }

  /** Reference values without those over logs that are not there. */
  private ReferenceValues known(ReferenceValues references) {
    if (!bootMissing && !listMissing) {
      return references;
    }
    ReferenceValues.Builder known = ReferenceValues.builder();
    references
        .pcrs()
        .forEach(
            pcr ->
                references
                    .allowed(pcr)
                    .orElseThrow()
                    .forEach(digest -> known.allow(pcr.index(), digest)));
    if (!bootMissing) {
      references.boot().ifPresent(known::boot);
    }
    return known.build();
  }

  /** Rules over logs come last, so that those before them must be the beginning of what was found. */
  private void compareKnown(ReplaySteps steps, List<AppraisedRule> was, List<AppraisedRule> came) {
    List<AppraisedRule> recordedRules = withoutMissing(was);
    List<AppraisedRule> madeRules = withoutMissing(came);
    for (int i = 0; i < madeRules.size(); i++) {
      steps.made(madeRules.get(i).toJson());
      if (i == recordedRules.size() || !recordedRules.get(i).equals(madeRules.get(i))) {
        steps.mismatch(
            "ear.rules",
            i == recordedRules.size() ? "no more" : told(List.of(recordedRules.get(i))),
            told(List.of(madeRules.get(i))));
        return;
      }
    }
    if (!bootMissing && !listMissing && recordedRules.size() > madeRules.size()) {
      steps.mismatch("ear.rules", told(List.of(recordedRules.get(madeRules.size()))), "no more");
      return;
    }
    steps.say(
        new StepOutcome.NotKept(
            madeRules.size()
                + " of "
                + was.size()
                + " rules were made again and are the same; the others stand as recorded"));
  }

  private List<AppraisedRule> withoutMissing(List<AppraisedRule> rules) {
    return endorsementMissing
        ? rules.stream().filter(rule -> !rule.reason().startsWith(ENDORSEMENT)).toList()
        : rules;
  }

  /** From here on this is what it was asked under. */
  void under(ParentGrant grant) {
    parent = Optional.of(grant);
  }

  /** From here on these are the approvals that rules are shown, and not those that are recorded. */
  void approvedBy(CountedApprovals counted) {
    approvals = Optional.of(counted);
  }

  /**
   * What the policy is shown; what only the service saw is as it was recorded: the connection, and who the
   * initiator was, whose proof nobody keeps.
   */
  Inputs inputs(Inputs was) throws LedgerException, ContradictionException {
    Application application = recorded.application();
    Governance governance =
        PolicyInputs.governance(
            was.governance(), recorded.epoch(), grounds.modes().before(index).mode().at(was.now()));
    return new Inputs(
        PolicyInputs.subject(host.host().row(), quote, application.request()),
        PolicyInputs.request(application, parent),
        approvals.map(counted -> counted.in(governance)).orElse(governance),
        trust(was.trust()),
        PolicyInputs.env(quote, storage, was.env().channel()),
        was.now());
  }

  /** Whether rules over logs stand as they are recorded, by the reference values of then. */
  boolean restsOnRecordedLogs() {
    return bootMissing || listMissing;
  }

  private Trust trust(Trust was) {
    Ear result = recorded.result().orElseThrow().ear();
    Optional<AppraisedRules> ran = rules(result).filter(rules -> rules.omitted() == 0);
    if (ran.isEmpty() && whole.isEmpty()) {
      return was;
    }
    List<Appraisal.Rule> rules = new ArrayList<>();
    if (restsOnRecordedLogs()) {
      ran.orElseThrow().ran().forEach(rule -> rules.add(rule(rule)));
    } else {
      rules.addAll(appraised.orElseThrow().rules());
      if (endorsementMissing) {
        rules.removeIf(rule -> rule.reason().startsWith(ENDORSEMENT));
        ofEndorsement(ran.orElseThrow().ran()).forEach(rule -> rules.add(rule(rule)));
      }
    }
    rules.removeIf(rule -> BEFORE.contains(rule.reason()));
    return PolicyInputs.trust(
        rules.stream()
            .map(Appraisal.Rule::tier)
            .max(Comparator.naturalOrder())
            .orElse(TrustTier.NONE),
        rules,
        endorsementMissing
            ? was.endorsement()
            : endorsement.map(PolicyInputs::endorsement).orElse(Trust.Endorsement.ABSENT),
        policy.document(),
        hostName());
  }

  private static Appraisal.Rule rule(AppraisedRule rule) {
    return new Appraisal.Rule(
        rule.reason(),
        rule.subject().orElse(""),
        TrustClaim.valueOf(rule.claim().name()),
        rule.value(),
        rule.expected(),
        rule.actual());
  }

  /** What the artifact rests on. */
  Grounds grounds(Instant decided) {
    return new Grounds(
        recorded.application(),
        host.host(),
        quote,
        made.orElseGet(() -> recorded.result().orElseThrow().ear()),
        storage,
        List.of(),
        approvals.orElseThrow(),
        policy,
        decided,
        Optional.empty(),
        parent,
        Optional.empty());
  }
}
