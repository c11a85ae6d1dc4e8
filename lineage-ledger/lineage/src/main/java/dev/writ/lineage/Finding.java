// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;

/** That a leaf breaks a rule. */
public sealed interface Finding {
  /** Index of the leaf. */
  long leaf();

  /** The rule that it breaks. */
  Rule rule();

  /** What must hold and what was, in one sentence. */
  String sentence();

  /**
   * An entry is no leaf.
   *
   * @param why what the leaf's form demands there
   */
  record Unreadable(long leaf, String why) implements Finding {
    @Override
    public Rule rule() {
      return Rule.LEAF_READABLE;
    }

    @Override
    public String sentence() {
      return "must be a leaf, and is none: " + why;
    }
  }

  /**
   * A leaf, or the allow of an artifact, stands there twice.
   *
   * @param rule {@link Rule#LEAF_ONCE} or {@link Rule#ARTIFACT_ONCE}
   * @param first where it stands first
   */
  record Repeated(long leaf, Rule rule, long first) implements Finding {
    @Override
    public String sentence() {
      return (rule == Rule.LEAF_ONCE ? "must stand once" : "must be the only allow of its artifact")
          + ", and leaf "
          + first
          + " is of the same";
    }
  }

  /**
   * A parent is not in the log.
   *
   * @param parent its hash
   */
  record MissingParent(long leaf, Hash parent) implements Finding {
    @Override
    public Rule rule() {
      return Rule.PARENT_PRESENT;
    }

    @Override
    public String sentence() {
      return "its parent must be in the log, and no leaf has the hash " + parent;
    }
  }

  /**
   * A parent is no earlier leaf.
   *
   * @param parent where it stands
   */
  record LateParent(long leaf, long parent) implements Finding {
    @Override
    public Rule rule() {
      return Rule.PARENT_EARLIER;
    }

    @Override
    public String sentence() {
      return "its parent must be an earlier leaf, and is leaf " + parent;
    }
  }

  /**
   * A leaf has not the parents that its kind comes from.
   *
   * @param expected which those are
   * @param actual which it has
   */
  record WrongParents(long leaf, String expected, String actual) implements Finding {
    @Override
    public Rule rule() {
      return Rule.PARENT_KIND;
    }

    @Override
    public String sentence() {
      return "its parents must be " + expected + ", and are " + actual;
    }
  }

  /**
   * Two that must say the same do not.
   *
   * @param rule {@link Rule#PARENT_AGREES}, {@link Rule#EPOCH_IN_FORCE} or {@link Rule#OPENING_AGREES}
   * @param field of what
   * @param expected what the other says
   * @param actual what this leaf says
   */
  record Contradiction(long leaf, Rule rule, String field, String expected, String actual)
      implements Finding {
    @Override
    public String sentence() {
      return field + " must be " + expected + ", and is " + actual;
    }
  }

  /**
   * An outcome hangs in the air.
   *
   * @param jti of the artifact under which it says that something ran
   * @param missing what is not there, or in doubt
   */
  record Orphan(long leaf, UuidV7 jti, String missing) implements Finding {
    @Override
    public Rule rule() {
      return Rule.OUTCOME_COMPLETE;
    }

    @Override
    public String sentence() {
      return "the outcome of "
          + jti
          + " must have verification, artifact, allow and request: "
          + missing;
    }
  }

  /**
   * Something ran under an artifact of which the service is the judge, and it let nobody use it before.
   *
   * @param jti of the artifact
   * @param allow its leaf
   */
  record Unverified(long leaf, UuidV7 jti, long allow) implements Finding {
    @Override
    public Rule rule() {
      return Rule.OUTCOME_VERIFIED;
    }

    @Override
    public String sentence() {
      return "the outcome of "
          + jti
          + ", which leaf "
          + allow
          + " allows and the service judges, must come after a verification that let it be used, and none is"
          + " before it";
    }
  }

  /**
   * Something was done in consequence of an operation that nobody proposed before.
   *
   * @param operation its digest
   */
  record UnknownOperation(long leaf, Hash operation) implements Finding {
    @Override
    public Rule rule() {
      return Rule.OPERATION_PROPOSED;
    }

    @Override
    public String sentence() {
      return "its operation must be proposed by an earlier leaf, and " + operation + " is by none";
    }
  }

  /**
   * A child may more than its parent.
   *
   * @param parent the allow of the parent's artifact
   * @param field in what
   * @param expected what the parent lets it
   * @param actual what it has
   */
  record WiderChild(long leaf, long parent, String field, String expected, String actual)
      implements Finding {
    @Override
    public Rule rule() {
      return Rule.CHILD_SCOPE;
    }

    @Override
    public String sentence() {
      return field
          + " must be "
          + expected
          + " by its parent, leaf "
          + parent
          + ", and is "
          + actual;
    }
  }

  /** The finding as an object of JSON. */
  default Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("leaf", leaf());
    map.put("rule", rule().wire());
    map.put("sentence", sentence());
    return map;
  }
}
