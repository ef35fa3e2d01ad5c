"""What people write down about one another, in the three languages of the house."""

from __future__ import annotations

from crm_store.contacts.models import ActivityKind

NOTES = {
    "en": (
        "Prefers letters to e-mail, and never a call before ten.",
        "Her mother was helped by us in 1998; she tells the story when she gives.",
        "Asked for the annual report in print, large type if there is one.",
        "Would like the gift to go to the winter meals and nowhere else.",
        "Has a granddaughter who volunteers with us on Fridays.",
        "Travels from November to March; write to the London address then.",
        "Wants to stay unnamed on the board in the hall.",
        "Interested in the new shelter, above all in the kitchen.",
        "Please spell the family name as on the last receipt.",
        "Thinking about a bequest; wants to talk to a lawyer first.",
    ),
    "el": (
        "Προτιμά να της τηλεφωνούμε το απόγευμα, μετά τις πέντε.",
        "Ζήτησε την απόδειξη στο όνομα και των δύο.",
        "Ενδιαφέρεται για το νέο καταφύγιο στη Λάρνακα.",
        "Ο γιος του σπουδάζει στη Θεσσαλονίκη· θέλει να βοηθήσει φοιτητές.",
        "Θα έρθει στη γιορτή με τη γυναίκα του.",
        "Θέλει η δωρεά να πάει μόνο στα γεύματα του χειμώνα.",
    ),
    "he": (
        "מעדיפה שיחה בערב, אחרי שבע.",
        "ביקש קבלה על שם שני בני הזוג.",
        "מתעניין במלגות לסטודנטים.",
        "תהיה בחו״ל עד אחרי החגים.",
        "רוצה שהתרומה תלך לארוחות החורף בלבד.",
    ),
}

# Kind, subject, what was said of it, minutes.
MEETINGS: dict[str, tuple[tuple[ActivityKind, str, str, int], ...]] = {
    "en": (
        (ActivityKind.CALL, "Thanked them for the gift",
         "Glad to be called. Asked how the kitchen is coming along; sent two photographs.", 12),
        (ActivityKind.VISIT, "Visited at home",
         "Tea and the whole family history. Would like to see the shelter once it has a roof.", 75),
        (ActivityKind.MEETING, "Coffee at the harbour",
         "Talked about a gift over three years. Wants a page with figures, no brochure.", 50),
        (ActivityKind.CALL, "Asked about the standing order",
         "The bank had changed the card; all in order now.", 8),
        (ActivityKind.EVENT, "Came to the open evening",
         "Stayed to the end, spoke long with the cook, took leaflets for the office.", 120),
        (ActivityKind.LETTER, "Wrote by hand for the holidays",
         "Two lines from the director, posted with the calendar.", 10),
        (ActivityKind.CALL, "Could not reach them", "No answer; left a message.", 2),
    ),
    "el": (
        (ActivityKind.CALL, "Τηλεφώνημα ευχαριστίας",
         "Χάρηκε πολύ. Ρώτησε πότε ανοίγει το καταφύγιο.", 10),
        (ActivityKind.VISIT, "Επίσκεψη στο γραφείο τους",
         "Μας έδειξαν το νέο κτίριο. Θα μιλήσουν στο συμβούλιο για το επόμενο έτος.", 60),
        (ActivityKind.MEETING, "Καφές στις Φοινικούδες",
         "Θέλει να βοηθήσει με τις υποτροφίες. Να του στείλουμε τα ποσά.", 45),
    ),
    "he": (
        (ActivityKind.CALL, "שיחת תודה", "שמחה מאוד. שאלה על המטבח החדש.", 10),
        (ActivityKind.MEETING, "פגישה בתל אביב",
         "דיברנו על תרומה לשלוש שנים. מבקש נתונים בכתב.", 50),
        (ActivityKind.VISIT, "ביקור בית", "אירוח חם. ירצו לבוא לראות את המקלט בפסח.", 80),
    ),
}  # fmt: skip

TASKS = (
    ("call", "Call {name} to thank them"),
    ("email", "Send {name} the figures of the shelter"),
    ("meeting", "Prepare the meeting with {name}"),
    ("follow_up", "Ask {name} whether the photographs arrived"),
    ("task", "Correct the address of {name}"),
    ("task", "Write to {name} for the holidays"),
    ("call", "Ask {name} about the standing order"),
    ("follow_up", "Invite {name} to the open evening"),
)

# Subject, what was asked, priority, what we answered.
TICKETS = (
    ("Receipt for last year", "I cannot find my receipt for last year. Could you send it again?",
     "normal", "Sent again this morning; thank you for asking."),
    ("Change of bank card", "My card was replaced and the monthly gift did not go through.",
     "high", "The new card is on file; next month goes through as before."),
    ("Wrong name on the letter", "The letter was addressed to my late husband alone.",
     "urgent", "We are sorry. The name is corrected and a new letter is on its way."),
    ("How to give shares", "Is it possible to give shares rather than money?",
     "normal", "Yes: our bank's details for shares are in the letter attached."),
    ("Unsubscribe from the newsletter", "Please do not send the newsletter to my office.",
     "low", "Done; receipts will still reach you there."),
    ("Volunteering on Fridays", "My daughter is sixteen. May she help in the kitchen?",
     "low", "From sixteen, with a parent's note. Friday at three is best."),
    ("Gift arrived twice", "My account shows the gift of this month twice.",
     "high", "One of the two was returned today; it takes three working days."),
    ("Visit with a school class", "Could a class of twenty come and see your work in spring?",
     "normal", "Gladly: Tuesdays in March are free."),
    ("Διεύθυνση αλληλογραφίας", "Μετακομίσαμε στη Λεμεσό. Πώς αλλάζουμε τη διεύθυνση;",
     "normal", "Η διεύθυνση άλλαξε. Καλή αρχή στο νέο σπίτι!"),
    ("קבלה לצורכי מס", "אפשר לקבל את הקבלה באנגלית?", "normal", "נשלחה היום באנגלית."),
)  # fmt: skip

# Who speaks, and what is said.
TALKS: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "widget": (
        (("user", "Hello, where does my money go if I do not name a purpose?"),
         ("assistant", "Where it is needed most: this winter above all to meals. "
                       "You can also name a purpose when you give."),
         ("user", "Thank you, that is all I wanted to know.")),
        (("user", "Can I give monthly from abroad?"),
         ("assistant", "Yes, by card in euro, pounds or dollars. "
                       "You can stop it at any time by answering the receipt."),
         ("user", "I would rather talk to somebody. My number is on the form."),
         ("staff", "Of course. I will call you tomorrow at ten.")),
        (("user", "Μπορώ να έρθω να δω το καταφύγιο;"),
         ("assistant", "Βεβαίως. Οι επισκέψεις γίνονται κάθε Τρίτη, από τις δέκα ως τις δώδεκα."),
         ("user", "Τέλεια, θα έρθω την άλλη εβδομάδα.")),
    ),
    "whatsapp": (
        (("user", "Hi, I sent 100 yesterday. Did it arrive?"),
         ("staff", "It did, thank you! The receipt goes out tonight."),
         ("user", "Wonderful.")),
        (("user", "שלום, באיזו שעה מתחיל הערב?"),
         ("staff", "בשבע וחצי. נשמח לראות אותך!"),
         ("user", "תודה, נבוא שניים.")),
    ),
    "email": (
        (("user", "Dear friends, please send the receipts of both of us to the new address. "
                  "We have moved to Nicosia."),
         ("staff", "Dear both, the address is changed and the receipts are on their way."),
         ("user", "Thank you, that was quick.")),
        (("user", "We should like to remember my father with a gift. Is there a card "
                  "that you could send to my mother?"),
         ("staff", "There is, and we would be honoured. Which words shall stand on it?")),
    ),
}  # fmt: skip

LEAD_WORDS = (
    "Heard about us from a neighbour and would like to help.",
    "Came to the open evening and left a card.",
    "Asked on the website how a company can give in kind.",
    "Would like to speak about a gift in memory of her mother.",
    "Wants to know more about the scholarships.",
    "Saw the report on the local news.",
    "Runs a bakery and offers bread on Fridays.",
)
JOBS = ("Director", "Owner", "Teacher", "Physician", "Partner", "Accountant", "Retired", "Trustee")

FAQ = (
    ("How to give", "You can give by card, by bank transfer, by cheque or in cash at our office. "
     "A gift by card arrives at once; a transfer takes one or two working days. "
     "Monthly gifts can be changed or stopped at any time: answer any receipt and say so."),
    ("Where the money goes", "Of every hundred euro, eighty-six go into the work: meals, beds and "
     "scholarships. Nine pay for the office and five for writing to people. "
     "A gift for a named purpose is used for that purpose alone."),
    ("Receipts and tax", "You get a receipt for every gift, at the latest in January for the whole "
     "year. It is numbered and may be used for your tax return. "
     "If you have lost one, ask: we send a copy."),
    ("Visiting the shelter", "You are welcome on Tuesdays from ten to twelve. Groups of more than "
     "six people please write a week before. There is a ramp at the side entrance."),
    ("Volunteering", "Help is needed in the kitchen on Fridays and with homework on Mondays and "
     "Wednesdays. Volunteers are sixteen or older. The first afternoon is for looking round."),
    ("Giving in memory", "A gift can honour somebody or remember them. Tell us the name and whom "
     "we should write to; the sum is never named in the card."),
    ("A gift in your will", "A bequest can be a sum, a share or a thing. We are glad to talk, and "
     "we never ask whether you have decided. A lawyer's advice is worth having."),
    ("Your data", "We keep your name, how to reach you and what you gave. We sell nothing to "
     "anybody. You may ask to see all of it, and to have it erased; receipts are kept for as long "
     "as the law asks."),
)  # fmt: skip

HANDBOOK = (
    "How we thank",
    "Every gift is thanked within two working days. Above a thousand euro somebody calls. Above "
    "ten thousand the director writes by hand. Nobody is asked for another gift within thirty "
    "days. Whoever takes the call writes one sentence down the same day: what they said, what we "
    "promised, and by when.",
)
