/* Words that say what stands near them. Everyday vocabulary, chosen by us; '|' separates. */
#include "policy/lexicon.h"

const struct word_list words_context[] = {
    {WORDS(WORD_SSN),
     "ssn|ssns|ss#|social security|soc sec|social sec|ss number|itin|taxpayer|tin|tax id|tax identification"},
    {WORDS(WORD_MEDICAL_ID), "medicare|mbi|beneficiary|hicn|cms"},
    {WORDS(WORD_INSURANCE),
     "insurance|insurer|health plan|healthcare plan|medicare|medicaid|medical plan|hmo|ppo|aetna|cigna|humana|kaiser|"
     "anthem|blue cross|blue shield|bcbs|unitedhealthcare|united healthcare|subscriber|beneficiary|copay|deductible|"
     "covered|coverage"},
    {WORDS(WORD_PHONE),
     "phone|phones|telephone|tel|mobile|cell|cellphone|fax|call|called|calling|callback|call back|dial|text me|"
     "texted|sms|whatsapp|reach me|reach him|reach her|reach us|reached at|contact|contacts|contacted|voicemail|"
     "hotline|landline|phone number|ring me|pager|telefono|handy|signal|home number|work number|office number"},
    {WORDS(WORD_CARD),
     "card|cards|credit|debit|visa|mastercard|master card|amex|american express|discover|diners|jcb|unionpay|cc|ccn|"
     "cvv|cvc|cvv2|cardholder|card number|pan|expiry|expires|exp date|exp|expiration|payment|pay|paid|charge|charged|"
     "billing|creditcard|cardnumber|checkout|purchase|maestro|refund"},
    {WORDS(WORD_DEA), "dea|drug enforcement|prescriber|prescribing|controlled substance|controlled substances"},
    {WORDS(WORD_ADDRESS),
     "address|addresses|live|lives|lived|living at|reside|resides|residing|residence|residential|mail to|mailing|"
     "ship to|shipping|shipped|deliver|delivery|home|located at|moved|moving|street address|apartment|apt|resident|"
     "domicile|billing"},
    {WORDS(WORD_ADDRESS_IP),
     "ip|ip address|ipv4|logged in from|login from|client ip|source ip|remote address|from address"},
    {WORDS(WORD_NOT_ID),
     "build|builds|version|ver|release|revision|rev|part|sku|serial|model|isbn|issn|item|catalog|catalogue|order|"
     "ticket|invoice|commit|port|pid|tid|offset|line|checksum|crc|page|pages|vol|section|chapter|figure|table|rfc|po|"
     "lot|batch|job|upc|ean|asin|tracking|coordinates|lat|lon|longitude|latitude|timestamp|epoch|duration|ms|bytes|"
     "size"},
    {WORDS(WORD_MONEY),
     "balance|balances|wire|wired|transfer|transferred|deposit|deposited|withdrawal|withdraw|payment|account|iban|"
     "swift|bic|bank|routing|beneficiary|remittance|payroll|salary|loan|mortgage|overdraft"},
    {WORDS(WORD_ICD),
     "icd|icd10|icd 10|icd 10 cm|icd9|icd 9|dx|diagnosis|diagnoses|diagnosed|diagnosis code|diagnostic code|code|"
     "coded|codes"},
    {WORDS(WORD_PATIENT),
     "patient|patients|pt|pts|resident|client|mother|father|son|daughter|wife|husband|baby|infant|child|girl|boy|"
     "male|female|man|woman|gentleman|lady|he|she|his|her|him"},
    {WORDS(WORD_FOOTER),
     "intended recipient|intended recipients|in error|named addressee|unauthorized use|unauthorised use|"
     "any dissemination|received this|delete this|delete the|destroy all copies|strictly prohibited|"
     "notify the sender|think before printing"},
    {WORDS(WORD_LEGAL),
     "plaintiff|plaintiffs|defendant|defendants|deposition|deposed|settlement|settle|litigation|litigate|lawsuit|"
     "sued|opposing counsel|opposing party|outside counsel|general counsel|in house counsel|co counsel|our counsel|"
     "attorney|attorneys|lawyer|lawyers|subpoena|subpoenas|subpoenaed|discovery|interrogatories|motion to|"
     "summary judgment|arbitration|mediation|indictment|indicted|plea|plead|testify|testimony|testified|prosecutor|"
     "prosecution|custody|divorce|liability|damages|breach|affidavit|complaint|court|trial|witness|hearing|"
     "counterclaim|retainer|engagement letter|cease and desist|infringement|wrongful termination|discrimination|"
     "statute of limitations|privilege|privileged|legal exposure|legal strategy|defense strategy|criminal|felony|"
     "misdemeanor|bail|parole|probation|alimony|estate|probate|bankruptcy|merger agreement|due diligence|injunction|"
     "malpractice|negligence|admitted|confessed|whistleblower|nondisclosure|indemnification|indemnify|demand letter|"
     "legal advice|acquisition"},
    {WORDS(WORD_SECRET),
     "secret|token|key|password|credential|credentials|bearer|authorization|api key|private key|auth|twilio"},
    {WORDS(WORD_NOT_SURNAME),
     "the|and|or|of|in|on|at|is|was|are|were|has|had|have|for|to|from|with|by|as|but|if|when|who|how|why|what|where|"
     "which|street|st|avenue|ave|road|rd|boulevard|blvd|lane|drive|court|square|park|river|lake|county|city|island|"
     "islands|beach|university|college|school|hospital|clinic|church|institute|foundation|company|corporation|inc|"
     "llc|ltd|museum|library|airport|station|hotel|hall|house|center|centre|bridge|tower|prize|award|cup|league|act|"
     "law|bill|treaty|theorem|lemma|syndrome|disease|disorder|sign|test|scale|score|score|palsy|contracture|lymphoma|"
     "anemia|anaemia|fracture|procedure|method|equation|distribution|algorithm|transform|effect|principle|model|"
     "studio|code|script|basic|january|february|march|april|may|june|july|august|september|october|november|december|"
     "monday|tuesday|wednesday|thursday|friday|saturday|sunday|day|days|night|week|month|year|years|he|she|it|they|"
     "we|you|i|his|her|their|our|my|your|this|that|these|those|not|no|yes|please|note|name|type|status|result|"
     "results|report|patient|doctor|nurse|medical|health|cash|account|amount|number|price|value|data|state|states|"
     "american|english|french|german|spanish|christmas|easter|virus|vaccine|cell|cells|pressure|sugar|pain|care|plan|"
     "only|new|old|north|south|east|west|national|international|kingdom|republic|washington dc|angeles|francisco|"
     "diego|york|jersey|carolina|dakota|virginia|georgia|texas|florida"},
    {WORDS(WORD_MONTH),
     "january|jan|february|feb|march|mar|april|apr|may|june|jun|july|jul|august|aug|september|sep|sept|october|oct|"
     "november|nov|december|dec"},
    {0, NULL}};
